/** The form in which a transformation is written down here: what it takes, and what it makes of a value. */
import type { PvValue } from '../../../engine/module.ts';
import type { PvReader } from '../api.ts';
import { asInteger, asText, type MessageContext } from '../table.ts';

export type Apply = (value: string | number, ctx: MessageContext) => PvValue;

/** `char` is one character, whatever it is: also a comma or a space. `rest` is all up to the closing brace. */
export type ParamKind = 'number' | 'text' | 'char' | 'rest';

export interface Transformation {
  readonly params: readonly ParamKind[];
  /** How many of them, from the end, may be left out. */
  readonly optional: number;
  /** What becomes of null; null unless it says. */
  readonly ofNull: PvValue;
  /** Throws a SyntaxError for a parameter that it cannot use. */
  bind(args: readonly PvReader[]): Apply;
}

/** Characters of a result: of a longer one there is none. */
export const MAX_RESULT = 65_535;

const NONE: PvReader = () => null;

function readText(arg: PvReader | undefined, ctx: MessageContext): string | undefined {
  const value = (arg ?? NONE)(ctx);
  return value === null ? undefined : asText(value);
}

export const plain = (apply: (text: string) => PvValue): Transformation => ({
  params: [],
  optional: 0,
  ofNull: null,
  bind: () => (value) => apply(asText(value)),
});

/** Gets the value as it is, and has an answer for null. */
export const total = (ofNull: PvValue, apply: (value: string | number) => PvValue): Transformation => ({
  params: [],
  optional: 0,
  ofNull,
  bind: () => apply,
});

export const withNumber = (apply: (text: string, n: number) => PvValue, absent?: number): Transformation => ({
  params: ['number'],
  optional: absent === undefined ? 0 : 1,
  ofNull: null,
  bind:
    ([first]) =>
    (value, ctx) => {
      const n = first === undefined ? absent : asInteger(first(ctx));
      return n === undefined ? null : apply(asText(value), n);
    },
});

export const withNumbers = (apply: (text: string, a: number, b: number) => PvValue): Transformation => ({
  params: ['number', 'number'],
  optional: 0,
  ofNull: null,
  bind:
    ([first = NONE, second = NONE]) =>
    (value, ctx) => {
      const a = asInteger(first(ctx));
      const b = asInteger(second(ctx));
      return a === undefined || b === undefined ? null : apply(asText(value), a, b);
    },
});

/** A parameter that is null is an empty text. */
export const withText = (apply: (text: string, param: string) => PvValue): Transformation => ({
  params: ['text'],
  optional: 0,
  ofNull: null,
  bind:
    ([first]) =>
    (value, ctx) =>
      apply(asText(value), readText(first, ctx) ?? ''),
});

export const withTexts = (apply: (text: string, a: string, b: string) => PvValue): Transformation => ({
  params: ['text', 'text'],
  optional: 0,
  ofNull: null,
  bind:
    ([first, second]) =>
    (value, ctx) =>
      apply(asText(value), readText(first, ctx) ?? '', readText(second, ctx) ?? ''),
});

/** A number and one character. */
export const withNumberAndChar = (apply: (text: string, n: number, char: string) => PvValue): Transformation => ({
  params: ['number', 'char'],
  optional: 0,
  ofNull: null,
  bind:
    ([first = NONE, second]) =>
    (value, ctx) => {
      const n = asInteger(first(ctx));
      return n === undefined ? null : apply(asText(value), n, readText(second, ctx) ?? '');
    },
});

interface Separated {
  readonly params: readonly ParamKind[];
  readonly apply: (text: string, separator: string, arg: PvValue) => PvValue;
}

/** Parameters, the last of which is the separator and `;` when it is left out. */
export const separated = ({ params, apply }: Separated): Transformation => ({
  params: [...params, 'char'],
  optional: 1,
  ofNull: null,
  bind(args) {
    const first = params.length === 0 ? NONE : (args[0] ?? NONE);
    const separator = args[params.length];
    return (value, ctx) => apply(asText(value), readText(separator, ctx) ?? ';', first(ctx));
  },
});
