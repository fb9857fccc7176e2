/** Values of a running script and how Kamailio converts them: whole numbers, texts, and null for what is not there. */
import type { PvValue } from '../../engine/module.ts';

/** `undefined`: the expression could not be evaluated (a division by zero); what was to take the value keeps its own. */
export type Value = PvValue | undefined;

const DECIMAL = /^[+-]?\d{1,18}$/;
const HEX = /^0[xX][0-9a-fA-F]{1,13}$/;

/** A text counts when all of it is a number; `12ab` is 0. */
export function toInt(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === null || value === undefined) return 0;
  return DECIMAL.test(value) || HEX.test(value) ? Number(value) : 0;
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

/** `if` asks for more than 0; `&&`, `||`, `!` and `while` for other than 0. */
export const isPositive = (value: Value): boolean => toInt(value) > 0;
export const isNonZero = (value: Value): boolean => toInt(value) !== 0;

/** `==`: the left type decides; with null on the left the right one does. */
export function isEqual(left: Value, right: Value): boolean {
  if (typeof left === 'number') return left === toInt(right);
  if (typeof left === 'string') return left === toText(right);
  return typeof right === 'number' ? right === 0 : toText(right) === '';
}

/** `+` adds numbers and joins texts, by its left type. */
export function plus(left: Value, right: Value): Value {
  return typeof left === 'number' ? left + toInt(right) : toText(left) + toText(right);
}

export function divide(left: number, right: number): Value {
  return right === 0 ? undefined : Math.trunc(left / right);
}

export function modulo(left: number, right: number): Value {
  return right === 0 ? undefined : left % right;
}

/** Numbers of Kamailio have 64 bits; those beyond 32 take the slow way. */
export function bits(op: '|' | '&' | '^' | '<<' | '>>', left: number, right: number): number {
  if (op !== '<<' && isShort(left) && isShort(right)) {
    switch (op) {
      case '|':
        return left | right;
      case '&':
        return left & right;
      case '^':
        return left ^ right;
      case '>>':
        return right > 31 ? (left < 0 ? -1 : 0) : left >> Math.max(0, right);
    }
  }
  return Number(BigInt.asIntN(64, wide(op, BigInt(Math.trunc(left)), BigInt(Math.trunc(right)))));
}

const isShort = (value: number): boolean => (value | 0) === value;

function wide(op: '|' | '&' | '^' | '<<' | '>>', left: bigint, right: bigint): bigint {
  switch (op) {
    case '|':
      return left | right;
    case '&':
      return left & right;
    case '^':
      return left ^ right;
    case '<<':
      return left << (right & 63n);
    case '>>':
      return left >> (right & 63n);
  }
}
