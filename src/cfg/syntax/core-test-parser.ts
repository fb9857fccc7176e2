/** The comparisons that Kamailio's grammar has words for: `uri == myself`, `src_ip == 10.0.0.0/8`, `method == INVITE`. */
import type { CoreField, CoreOp, CoreTest, CoreValue, Expression } from '../ast.ts';
import { AddressParser } from './address-parser.ts';
import type { Cursor } from './cursor.ts';
import { coreFields, protocols } from '../text/keywords.ts';
import { type Span, join } from '../source.ts';

type Family = 'method' | 'uri' | 'ip' | 'number' | 'proto';

const families: Readonly<Record<CoreField, Family>> = {
  method: 'method',
  uri: 'uri',
  status: 'uri',
  from_uri: 'uri',
  to_uri: 'uri',
  src_ip: 'ip',
  dst_ip: 'ip',
  snd_ip: 'ip',
  to_ip: 'ip',
  src_port: 'number',
  dst_port: 'number',
  snd_port: 'number',
  to_port: 'number',
  af: 'number',
  snd_af: 'number',
  to_af: 'number',
  'msg:len': 'number',
  proto: 'proto',
  snd_proto: 'proto',
  to_proto: 'proto',
};

const equality: readonly CoreOp[] = ['==', '!='];
const matching: readonly CoreOp[] = ['==', '!=', '=~'];

const operators: Readonly<Record<Family, readonly CoreOp[]>> = {
  method: matching,
  uri: matching,
  ip: matching,
  number: ['==', '!=', '<', '>', '<=', '>='],
  proto: equality,
};

const allOperators: ReadonlyMap<string, CoreOp> = new Map(
  [...operators.number, ...matching].map((op) => [op, op] as const),
);

interface Field {
  readonly field: CoreField;
  readonly span: Span;
}

export class CoreTestParser {
  readonly #cursor: Cursor;
  readonly #addresses: AddressParser;
  readonly #value: () => Expression;

  /** `value` reads an operand of a comparison. */
  constructor(cursor: Cursor, value: () => Expression) {
    this.#cursor = cursor;
    this.#addresses = new AddressParser(cursor);
    this.#value = value;
  }

  begins(): boolean {
    const cursor = this.#cursor;
    const { text } = cursor.peek();
    if (text === 'msg') return cursor.is(':', 1) && cursor.is('len', 2);
    return (coreFields.has(text) || text === 'myself') && isComparison(cursor.peek(1).text);
  }

  test(): CoreTest | { readonly kind: 'invalid'; readonly span: Span } {
    const cursor = this.#cursor;
    if (cursor.is('myself')) return this.#reversed();
    const { field, span: fieldSpan } = this.#field();
    const op = this.#operator(field);
    const value = this.#valueOf(field, op);
    const span = join(fieldSpan, value.span);
    return { kind: 'coreTest', field, fieldSpan, op, value, reversed: false, span };
  }

  #reversed(): CoreTest | { readonly kind: 'invalid'; readonly span: Span } {
    const cursor = this.#cursor;
    const myself = cursor.next();
    const op = this.#operator('uri');
    const token = cursor.peek();
    const family = families[coreFields.get(token.text) ?? 'method'];
    if (token.kind !== 'word' || (family !== 'uri' && family !== 'ip')) {
      cursor.report('CFG_CORE_TEST', token.span, 'myself is compared with uri, from_uri, to_uri, src_ip or dst_ip');
      return { kind: 'invalid', span: join(myself.span, this.#value().span) };
    }
    const { field, span: fieldSpan } = this.#field();
    const value: CoreValue = { kind: 'myself', span: myself.span };
    return { kind: 'coreTest', field, fieldSpan, op, value, reversed: true, span: join(myself.span, fieldSpan) };
  }

  #field(): Field {
    const cursor = this.#cursor;
    const token = cursor.next();
    if (token.text !== 'msg') return { field: coreFields.get(token.text) ?? 'uri', span: token.span };
    cursor.next();
    return { field: 'msg:len', span: join(token.span, cursor.next().span) };
  }

  #operator(field: CoreField): CoreOp {
    const cursor = this.#cursor;
    const token = cursor.peek();
    const allowed = operators[families[field]];
    const op = allOperators.get(token.text);
    if (op !== undefined && token.kind === 'punctuation') {
      cursor.next();
      if (allowed.includes(op)) return op;
    }
    const single = token.text === '=';
    if (single) cursor.next();
    cursor.report('CFG_CORE_TEST', token.span, `${field} is compared with ${allowed.join(' ')}`, {
      hint: single ? 'a single = assigns; comparisons are written ==' : undefined,
    });
    return '==';
  }

  #valueOf(field: CoreField, op: CoreOp): CoreValue {
    const cursor = this.#cursor;
    const family = families[field];
    const { kind, text, span } = cursor.peek();
    if (kind === 'word' && text === 'myself' && !isComparison(cursor.peek(1).text)) {
      cursor.next();
      if (family === 'uri' || family === 'ip') {
        if (op === '=~') cursor.report('CFG_CORE_TEST', span, 'myself is compared with == and !=');
      } else cursor.report('CFG_CORE_TEST', span, `${field} cannot be compared with myself`);
      return { kind: 'myself', span };
    }
    if (field === 'msg:len' && cursor.is('max_len')) return { kind: 'maxLength', span: cursor.next().span };
    if (family === 'ip') return this.#addressValue();
    if (kind === 'word' && !cursor.is('(', 1)) {
      const isWord = family === 'method' ? !isFieldWord(text) : family === 'proto' && protocols.has(text);
      if (isWord) return { kind: 'word', text: cursor.next().text, span };
    }
    return this.#value();
  }

  #addressValue(): CoreValue {
    const cursor = this.#cursor;
    const { kind } = cursor.peek();
    const bare = kind === 'word' && !cursor.is('(', 1);
    const isAddress = bare || kind === 'ip6' || cursor.is('[') || (kind === 'number' && this.#addresses.isRun());
    if (!isAddress) return this.#value();
    return this.#addresses.network() ?? { kind: 'invalid', span: cursor.behind() };
  }
}

function isFieldWord(text: string): boolean {
  return coreFields.has(text) || text === 'not' || text === 'defined';
}

function isComparison(text: string): boolean {
  return allOperators.has(text) || text === '=' || text === '!~';
}
