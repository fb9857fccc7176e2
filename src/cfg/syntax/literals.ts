/** Tokens that are values by themselves, as nodes of the tree. */
import type {
  Attribute,
  Expression,
  NullValue,
  NumberLiteral,
  Pv,
  ReturnCode,
  Select,
  SelectPart,
  StringLiteral,
  Target,
} from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { join } from '../source.ts';
import type { Token } from '../text/token.ts';

/** Decimal, 0x hexadecimal, 0 octal, and binary with a b behind. */
export function numberOf({ text, span }: Token, cursor: Cursor): NumberLiteral {
  const value = numericValue(text);
  if (value > Number.MAX_SAFE_INTEGER) {
    cursor.report('CFG_BAD_NUMBER', span, `${text} is too large: the limit is ${Number.MAX_SAFE_INTEGER}`);
  }
  return { kind: 'number', value, text, span };
}

function numericValue(text: string): number {
  if (/^[01]+b$/.test(text)) return Number.parseInt(text.slice(0, -1), 2);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return Number(text);
}

export function stringOf({ text, pieces, span }: Token): StringLiteral {
  return { kind: 'string', value: text, pieces, span };
}

/** Fixed texts with + between them are one text, as an argument: it may be a format. */
export function joined(expression: Expression): Expression {
  if (expression.kind !== 'binary' || expression.op !== '+') return expression;
  const left = joined(expression.left);
  const { right, span } = expression;
  if (left.kind !== 'string' || right.kind !== 'string') return expression;
  const moved = right.pieces.map((piece) => ({ ...piece, at: piece.at + left.value.length }));
  return { kind: 'string', value: left.value + right.value, pieces: [...left.pieces, ...moved], span };
}

export function pseudoVariable({ text, span }: Token): Pv | NullValue | ReturnCode {
  if (text === '$null') return { kind: 'null', span };
  if (text === '$rc' || text === '$retcode' || text === '$?') return { kind: 'returnCode', text, span };
  return { kind: 'pv', text, span };
}

export function isTarget(node: Expression): node is Target {
  return node.kind === 'pv' || node.kind === 'attribute' || node.kind === 'returnCode' || node.kind === 'null';
}

/** `@a.b[1].c["x"]`. */
export function readSelect(cursor: Cursor): Select {
  const start = cursor.next();
  const parts: SelectPart[] = [];
  let text = '@';
  do {
    const name = cursor.peek();
    if (name.kind !== 'word' && name.kind !== 'number') {
      cursor.unexpected(name, 'where the name of a select belongs');
      break;
    }
    cursor.next();
    const indexes = readIndexes(cursor);
    parts.push({ name: name.text, indexes });
    text += `${parts.length > 1 ? '.' : ''}${name.text}${indexes.map((index) => `[${JSON.stringify(index)}]`).join('')}`;
  } while (cursor.accept('.') !== undefined);
  return { kind: 'select', text, parts, span: join(start.span, cursor.last.span) };
}

function readIndexes(cursor: Cursor): readonly (number | string)[] {
  const indexes: (number | string)[] = [];
  while (cursor.accept('[') !== undefined) {
    const sign = cursor.accept('-') === undefined ? 1 : -1;
    const token = cursor.peek();
    if (token.kind === 'number') indexes.push(sign * numericValue(cursor.next().text));
    else if (token.kind === 'string' || cursor.is('*')) indexes.push(cursor.next().text);
    else {
      cursor.unexpected(token, 'where an index belongs');
      break;
    }
    cursor.expect(']', 'after the index');
  }
  return indexes;
}

/** `%f.name`, an attribute of SER. */
export function readAttribute(cursor: Cursor): Attribute {
  const start = cursor.next();
  let text = '%';
  while (cursor.peek().kind === 'word' || cursor.is('.')) text += cursor.next().text;
  if (text === '%') cursor.missing('the name of the attribute is missing');
  return { kind: 'attribute', text, span: join(start.span, cursor.last.span) };
}
