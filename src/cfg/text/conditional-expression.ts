/**
 * The expressions of `#!ifexp` and `#!defexp`: numbers, strings, names of defines, and the operators of C. The right
 * operand is read as the type of the left one.
 */

export type ExpressionValue = number | string;

export type Evaluated =
  | { readonly kind: 'value'; readonly value: ExpressionValue }
  | { readonly kind: 'wrong'; readonly message: string };

/** Brackets and prefix operators inside each other. */
export const MAX_EXPRESSION_DEPTH = 64;

/** `lookup` gives the value of a define: undefined when there is none, '' when it has no text. */
export function evaluate(text: string, lookup: (name: string) => string | undefined): Evaluated {
  const reader = new Reader(text, lookup);
  const value = reader.expression(0, 0);
  if (reader.wrong === '' && !reader.atEnd) reader.wrong = `"${reader.rest}" is not expected`;
  return reader.wrong === '' ? { kind: 'value', value } : { kind: 'wrong', message: reader.wrong };
}

/** True: a number that is not zero, a text that is not empty. */
export function isTrue(value: ExpressionValue): boolean {
  return value !== 0 && value !== '';
}

const binding: ReadonlyMap<string, number> = new Map([
  ['||', 1],
  ['&&', 2],
  ['|', 3],
  ['^', 4],
  ['&', 5],
  ['==', 6],
  ['!=', 6],
  ['<', 7],
  ['<=', 7],
  ['>', 7],
  ['>=', 7],
  ['<<', 8],
  ['>>', 8],
  ['+', 9],
  ['-', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
  ['**', 11],
]);

const tokenPattern =
  /\s*(?:(0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?)|"([^"]*)"|'([^']*)'|([A-Za-z_][A-Za-z0-9_]*)|(\*\*|&&|\|\||<<|>>|<=|>=|==|!=|[-+*/%<>&|^!~()]))/y;

class Reader {
  wrong = '';
  readonly #text: string;
  readonly #lookup: (name: string) => string | undefined;
  #at = 0;
  /** Where the token begins that was read last. */
  #from = 0;
  #operator = '';
  #operand: ExpressionValue | undefined;

  constructor(text: string, lookup: (name: string) => string | undefined) {
    this.#text = text.trim();
    this.#lookup = lookup;
    this.#advance();
  }

  get atEnd(): boolean {
    return this.#operator === '' && this.#operand === undefined && this.rest === '';
  }

  get rest(): string {
    return this.#text.slice(this.#from).trim();
  }

  expression(minimum: number, depth: number): ExpressionValue {
    let left = this.#prefixed(depth);
    while (this.wrong === '') {
      const operator = this.#operator;
      const strength = binding.get(operator);
      if (strength === undefined || strength <= minimum) break;
      this.#advance();
      const right = this.expression(operator === '**' ? strength - 1 : strength, depth + 1);
      left = apply(operator, left, right);
    }
    return left;
  }

  #prefixed(depth: number): ExpressionValue {
    if (depth > MAX_EXPRESSION_DEPTH) return this.#fail('the expression is nested too deeply');
    const value = this.#operand;
    if (value !== undefined) {
      this.#advance();
      return value;
    }
    const operator = this.#operator;
    if (operator === '') return this.#fail(this.rest === '' ? 'a value is missing' : `"${this.rest}" is not expected`);
    this.#advance();
    if (operator === '(') {
      const inner = this.expression(0, depth + 1);
      if (this.#operator !== ')') return this.#fail('a closing bracket is missing');
      this.#advance();
      return inner;
    }
    if (operator === '!') return isTrue(this.#prefixed(depth + 1)) ? 0 : 1;
    if (operator === '-') return -toNumber(this.#prefixed(depth + 1));
    if (operator === '+') return toNumber(this.#prefixed(depth + 1));
    if (operator === '~') return ~toNumber(this.#prefixed(depth + 1));
    return this.#fail(`"${operator}" is not expected`);
  }

  #fail(message: string): ExpressionValue {
    if (this.wrong === '') this.wrong = message;
    return 0;
  }

  #advance(): void {
    this.#from = this.#at;
    tokenPattern.lastIndex = this.#at;
    const hit = tokenPattern.exec(this.#text);
    this.#operator = hit?.[5] ?? '';
    this.#operand = hit === null ? undefined : this.#valueOf(hit);
    if (hit !== null) this.#at = tokenPattern.lastIndex;
  }

  #valueOf(hit: RegExpExecArray): ExpressionValue | undefined {
    if (hit[1] !== undefined) return Number(hit[1]);
    if (hit[4] === undefined) return hit[2] ?? hit[3];
    const text = this.#lookup(hit[4]);
    if (text === undefined) return 0;
    if (text === '') return 1;
    return /^-?[0-9]+$/.test(text) ? Number(text) : text.replace(/^(["'])(.*)\1$/s, '$2');
  }
}

function apply(operator: string, left: ExpressionValue, right: ExpressionValue): ExpressionValue {
  if (operator === '&&') return isTrue(left) && isTrue(right) ? 1 : 0;
  if (operator === '||') return isTrue(left) || isTrue(right) ? 1 : 0;
  if (typeof left === 'string' && /^(?:[=!<>]=?|\+)=?$/.test(operator)) return applyText(operator, left, String(right));
  return applyNumbers(operator, toNumber(left), toNumber(right));
}

function applyText(operator: string, left: string, right: string): ExpressionValue {
  if (operator === '+') return left + right;
  return compare(operator, left === right ? 0 : left < right ? -1 : 1);
}

function compare(operator: string, order: number): number {
  const equal = order === 0;
  if (operator === '==') return equal ? 1 : 0;
  if (operator === '!=') return equal ? 0 : 1;
  if (operator.endsWith('=') && equal) return 1;
  return (operator.startsWith('<') ? order < 0 : order > 0) ? 1 : 0;
}

const arithmetic: ReadonlyMap<string, (left: number, right: number) => number> = new Map([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => (b === 0 ? 0 : a / b)],
  ['%', (a, b) => (b === 0 ? 0 : a % b)],
  ['**', (a, b) => a ** b],
  ['<<', (a, b) => a << b],
  ['>>', (a, b) => a >> b],
  ['&', (a, b) => a & b],
  ['|', (a, b) => a | b],
  ['^', (a, b) => a ^ b],
]);

function applyNumbers(operator: string, left: number, right: number): number {
  const operation = arithmetic.get(operator);
  if (operation !== undefined) return operation(left, right);
  return compare(operator, left === right ? 0 : left < right ? -1 : 1);
}

function toNumber(value: ExpressionValue): number {
  if (typeof value === 'number') return value;
  const number = Number(value);
  return Number.isNaN(number) ? 0 : number;
}
