/** Expressions with the precedence of Kamailio's grammar, lowest first: `|| && | & ^ << >> == < + * ! defined (int)`. */
import type { BinaryOp, Block, Cast, Expression, SelVal, Unary } from '../ast.ts';
import { CallParser } from './call-parser.ts';
import { CoreTestParser } from './core-test-parser.ts';
import { type Cursor, MAX_NESTING } from './cursor.ts';
import { coreFields, numberWords } from '../text/keywords.ts';
import { isTarget, numberOf, pseudoVariable, readAttribute, readSelect, stringOf } from './literals.ts';
import { type Span, join } from '../source.ts';
import type { Token } from '../text/token.ts';

interface Infix {
  readonly op: BinaryOp;
  readonly strength: number;
}

const infixes: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ['||', { op: '||', strength: 1 }],
  ['or', { op: '||', strength: 1 }],
  ['&&', { op: '&&', strength: 2 }],
  ['and', { op: '&&', strength: 2 }],
  ['|', { op: '|', strength: 3 }],
  ['&', { op: '&', strength: 4 }],
  ['^', { op: '^', strength: 5 }],
  ['<<', { op: '<<', strength: 6 }],
  ['>>', { op: '>>', strength: 7 }],
  ['==', { op: '==', strength: 8 }],
  ['!=', { op: '!=', strength: 8 }],
  ['=~', { op: '=~', strength: 8 }],
  ['!~', { op: '!~', strength: 8 }],
  ['eq', { op: 'eq', strength: 8 }],
  ['ne', { op: 'ne', strength: 8 }],
  ['ieq', { op: 'ieq', strength: 8 }],
  ['ine', { op: 'ine', strength: 8 }],
  ['<', { op: '<', strength: 9 }],
  ['>', { op: '>', strength: 9 }],
  ['<=', { op: '<=', strength: 9 }],
  ['>=', { op: '>=', strength: 9 }],
  ['+', { op: '+', strength: 10 }],
  ['-', { op: '-', strength: 10 }],
  ['*', { op: '*', strength: 11 }],
  ['/', { op: '/', strength: 11 }],
  ['mod', { op: 'mod', strength: 11 }],
  ['%', { op: 'mod', strength: 11 }],
]);

/** Operands of keyword tests end where another comparison or a logical operator begins. */
const TEST_VALUE_STRENGTH = 8;

/** In a statement nothing binds so strongly that it would be read before the `=`. */
const STATEMENT = Number.POSITIVE_INFINITY;
/** Binds less than every operator: the right side of `=`, in which no other `=` may stand. */
const ASSIGNED = 0.5;

/** Signs that other languages put between operands. */
const foreign: ReadonlyMap<string, string> = new Map([
  ['?', 'there is no ?: operator; write selval(condition, a, b)'],
  ['.', 'texts are joined with +'],
  ['+=', 'write $x = $x + value'],
]);

export class ExpressionParser {
  readonly #cursor: Cursor;
  readonly #calls: CallParser;
  readonly #tests: CoreTestParser;
  readonly #block: () => Block;

  /** `block` reads `{ ... }`, which may stand as a value. */
  constructor(cursor: Cursor, block: () => Block) {
    this.#cursor = cursor;
    this.#block = block;
    this.#calls = new CallParser(cursor, () => this.expression());
    this.#tests = new CoreTestParser(cursor, () => this.expression(TEST_VALUE_STRENGTH));
  }

  get calls(): CallParser {
    return this.#calls;
  }

  expression(above = 0): Expression {
    const cursor = this.#cursor;
    let left = this.#assignable(
      cursor.nested(cursor.peek().span, () => this.#prefixed()),
      above,
    );
    for (let operands = 2; ; operands += 1) {
      const token = cursor.peek();
      const infix = token.kind === 'word' || token.kind === 'punctuation' ? infixes.get(token.text) : undefined;
      if (infix === undefined || infix.strength <= above) break;
      if (operands > MAX_NESTING) cursor.giveUp(token.span);
      cursor.next();
      this.#noteExtension(token);
      const right = this.expression(infix.strength);
      const span = join(left.span, right.span);
      left = { kind: 'binary', op: infix.op, opSpan: token.span, left, right, span };
    }
    if (above <= ASSIGNED) this.#refuseForeign();
    return left;
  }

  #noteExtension(token: Token): void {
    if (token.text !== '!~' && token.text !== '%') return;
    const hint = token.text === '%' ? 'write mod' : 'write !(a =~ b)';
    this.#cursor.report('CFG_EXTENSION', token.span, `Kamailio has no operator ${token.text}`, { hint });
  }

  /** What other languages would go on with is said once and skipped with its operand. */
  #refuseForeign(): void {
    const cursor = this.#cursor;
    const token = cursor.peek();
    const hint = token.kind === 'punctuation' ? foreign.get(token.text) : undefined;
    if (hint === undefined) return;
    cursor.next();
    cursor.report('CFG_NO_OPERATOR', token.span, `kamailio.cfg has no operator ${token.text}`, { hint });
    this.expression(1);
    if (token.text === '?' && cursor.accept(':') !== undefined) this.expression(1);
  }

  #prefixed(): Expression {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'punctuation' || token.kind === 'word') {
      if (token.text === '!' || token.text === 'not') return this.#unary('!', token);
      if (token.text === '~' || token.text === '-') return this.#unary(token.text, token);
      if (token.text === '!~') return this.#notComplement(token);
      if (token.text === 'defined') {
        cursor.next();
        const operand = cursor.nested(token.span, () => this.#prefixed());
        return { kind: 'defined', operand, span: join(token.span, operand.span) };
      }
      const cast = this.#cast(token);
      if (cast !== undefined) return cast;
    }
    return this.#operand();
  }

  #unary(op: Unary['op'], token: Token): Expression {
    const cursor = this.#cursor;
    cursor.next();
    const operand = cursor.nested(token.span, () => this.#prefixed());
    const span = join(token.span, operand.span);
    if (op === '-' && operand.kind === 'number') {
      return { kind: 'number', value: -operand.value, text: `-${operand.text}`, span };
    }
    return { kind: 'unary', op, operand, span };
  }

  /** `!~$x` where a value begins is two operators. */
  #notComplement(token: Token): Expression {
    const inner = this.#unary('~', token);
    return { kind: 'unary', op: '!', operand: inner, span: inner.span };
  }

  #cast(open: Token): Cast | undefined {
    const cursor = this.#cursor;
    const to = cursor.peek(1);
    const isCast = open.text === '(' && (to.text === 'int' || to.text === 'str') && to.kind === 'word';
    if (!isCast || !cursor.is(')', 2)) return undefined;
    for (let taken = 0; taken < 3; taken += 1) cursor.next();
    const operand = cursor.nested(open.span, () => this.#prefixed());
    return { kind: 'cast', to: to.text === 'int' ? 'int' : 'str', operand, span: join(open.span, operand.span) };
  }

  /** `$x = value` where a value is wanted: legal in brackets, and seldom what was meant. */
  #assignable(left: Expression, above: number): Expression {
    const cursor = this.#cursor;
    if (!cursor.is('=') || !isTarget(left)) return left;
    const sign = cursor.next();
    if (above !== 0 && above !== STATEMENT) {
      cursor.report('CFG_UNEXPECTED', sign.span, 'an assignment as a part of an expression needs brackets', {
        hint: 'comparisons are written ==',
      });
    }
    const value = cursor.nested(left.span, () => this.expression(ASSIGNED));
    return { kind: 'assignExpression', target: left, value, span: join(left.span, value.span) };
  }

  /** What a statement begins with: a variable and what it is set to, or a value that is no statement. */
  statement(): Expression {
    return this.expression(STATEMENT);
  }

  #operand(): Expression {
    const cursor = this.#cursor;
    const token = cursor.peek();
    switch (token.kind) {
      case 'number':
        return this.#calls.addresses.isRun() ? this.#unquotedAddress() : numberOf(cursor.next(), cursor);
      case 'string':
        return stringOf(cursor.next());
      case 'pv':
        return pseudoVariable(cursor.next());
      case 'ip6':
        return this.#unquotedAddress();
      case 'word':
        return this.#word(token);
      case 'punctuation':
        return this.#sign(token);
      case 'eventName':
      case 'end':
        return this.#nothing(token);
    }
  }

  #word(token: Token): Expression {
    const cursor = this.#cursor;
    const { text, span } = token;
    if (text === 'strlen' || text === 'strempty') {
      cursor.next();
      const operand = this.#bracketed(text);
      return { kind: text, operand, span: join(span, cursor.last.span) };
    }
    if (text === 'selval' && cursor.is('(', 1)) return this.#selval(token);
    if (this.#tests.begins()) return this.#tests.test();
    if (this.#calls.begins()) return this.#calls.call();
    const number = numberWords.get(text);
    cursor.next();
    if (number !== undefined) return { kind: 'number', value: number, text, span };
    if (coreFields.has(text)) {
      cursor.report('CFG_CORE_TEST', span, `${text} is only written in comparisons`, {
        hint: `for example ${text} == "..."; as a value use a pseudo-variable`,
      });
    } else this.#undefinedWord(text, span);
    return { kind: 'invalid', span };
  }

  #undefinedWord(text: string, span: Span): void {
    const cursor = this.#cursor;
    if (/^\d/.test(text)) {
      cursor.report('CFG_BAD_NUMBER', span, `${text} is no number`, {
        hint: 'numbers are written 10, 0xff, 017 (octal) or 101b',
      });
      return;
    }
    const similar = cursor.similarDefine(text);
    cursor.report('CFG_UNDEFINED_WORD', span, `${text} is not defined`, {
      hint:
        text === 'retcode'
          ? 'write $rc'
          : similar === undefined
            ? `a text needs quotes, a function brackets, and a name its #!define ${text} value`
            : `did you mean ${similar}?`,
    });
  }

  #bracketed(name: string): Expression {
    const cursor = this.#cursor;
    const open = cursor.expect('(', `after ${name}`);
    if (open === undefined) return this.#prefixed();
    const inner = this.expression();
    cursor.expect(')', `after what ${name} takes`);
    return inner;
  }

  #selval(token: Token): SelVal {
    const cursor = this.#cursor;
    cursor.next();
    cursor.next();
    const condition = this.expression();
    cursor.expect(',', 'in selval(condition, a, b)');
    const whenTrue = this.expression();
    cursor.expect(',', 'in selval(condition, a, b)');
    const whenFalse = this.expression();
    cursor.expect(')', 'after selval(condition, a, b');
    return { kind: 'selval', condition, whenTrue, whenFalse, span: join(token.span, cursor.last.span) };
  }

  #sign(token: Token): Expression {
    const cursor = this.#cursor;
    if (token.text === '(') return this.#inBrackets(token);
    if (token.text === '@') return readSelect(cursor);
    if (token.text === '%') return readAttribute(cursor);
    if (token.text !== '{') return this.#nothing(token);
    const block = this.#block();
    return { kind: 'blockExpression', block, span: block.span };
  }

  #inBrackets(open: Token): Expression {
    const cursor = this.#cursor;
    cursor.next();
    const inner = this.expression();
    if (cursor.accept(')') === undefined) {
      cursor.missing(') is missing', { related: { message: 'this bracket is open', span: open.span } });
    }
    return inner;
  }

  #unquotedAddress(): Expression {
    const found = this.#calls.addresses.network();
    const span = found?.span ?? this.#cursor.behind();
    this.#cursor.report('CFG_UNEXPECTED', span, 'an address as a value needs quotes');
    return { kind: 'invalid', span };
  }

  #nothing(token: Token): Expression {
    const cursor = this.#cursor;
    const hint = token.text === '=' ? 'comparisons are written ==' : undefined;
    cursor.unexpected(token, 'where a value belongs', { hint });
    if (token.text !== '=') return { kind: 'invalid', span: token.span };
    cursor.next();
    return cursor.nested(token.span, () => this.#prefixed());
  }
}
