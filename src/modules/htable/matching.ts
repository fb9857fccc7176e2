/** How names and values of a table are chosen: the operators of `sht_rm_name` and of `$shtcn`. */
import type { PatternCache } from '../../util/regex/pattern-cache.ts';
import type { Cell } from './hash-table.ts';

export const OPERATORS = {
  equal: ['eq'],
  notEqual: ['ne'],
  matches: ['re'],
  startsWith: ['sw'],
  contains: ['in'],
} as const;
type Operator = keyof typeof OPERATORS | 'endsWith';

/** Whether a text fits. */
type Fits = (text: string) => boolean;

/** Throws a SyntaxError when a pattern is no regular expression. */
export function fitter(operator: Operator, wanted: string, patterns: PatternCache): Fits {
  switch (operator) {
    case 'equal':
      return (text) => text === wanted;
    case 'notEqual':
      return (text) => text !== wanted;
    case 'matches':
      return (text) => patterns.matches(wanted, text);
    case 'startsWith':
      return (text) => text.startsWith(wanted);
    case 'endsWith':
      return (text) => text.endsWith(wanted);
    case 'contains':
      return (text) => text.includes(wanted);
  }
}

const PREFIXES: ReadonlyMap<string, Operator> = new Map([
  ['~~', 'matches'],
  ['~%', 'endsWith'],
  ['%~', 'startsWith'],
  ['==', 'equal'],
]);

/** The expression of `$shtcn` and `$shtcv`: an operator of two characters and a text, else a regular expression. */
export function countFitter(expression: string, patterns: PatternCache): Fits {
  const operator = PREFIXES.get(expression.slice(0, 2));
  return operator === undefined
    ? fitter('matches', expression, patterns)
    : fitter(operator, expression.slice(2), patterns);
}

export const byName =
  (fits: Fits) =>
  ({ name }: Cell): boolean =>
    fits(name);

/** Numbers are not compared: these functions are about texts. */
export const byText =
  (fits: Fits) =>
  ({ value }: Cell): boolean =>
    typeof value === 'string' && fits(value);
