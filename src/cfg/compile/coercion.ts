/** Turns what a script writes into what a module declares: numbers in range, names of choices, lists. */
import type { ChoiceSpec, IntSpec, ValueSpec } from '../../engine/spec.ts';
import type { PvValue } from '../../engine/module.ts';

export type Coerced =
  | { readonly kind: 'fits'; readonly value: unknown }
  | { readonly kind: 'wrong'; readonly wanted: string };

const NUMBER = /^\s*[+-]?(?:\d{1,15}|0[xX][0-9a-fA-F]{1,12})\s*$/;

const fits = (value: unknown): Coerced => ({ kind: 'fits', value });
const wrong = (wanted: string): Coerced => ({ kind: 'wrong', wanted });

/** An empty text leaves out what may be left out. */
export function coerce(spec: ValueSpec, given: PvValue): Coerced {
  if (spec.optional === true && (given === '' || given === null)) return fits(undefined);
  switch (spec.type) {
    case 'str':
      return fits(given === null ? '' : String(given));
    case 'list':
      return fits(given === null ? [] : [String(given)]);
    case 'int':
      return coerceInt(spec, given);
    case 'choice':
      return coerceChoice(spec, given);
  }
}

function coerceInt(spec: IntSpec, given: PvValue): Coerced {
  const number = typeof given === 'string' ? (NUMBER.test(given) ? Number(given) : Number.NaN) : (given ?? 0);
  const { min = -Infinity, max = Infinity } = spec;
  return Number.isInteger(number) && number >= min && number <= max ? fits(number) : wrong(`a number${range(spec)}`);
}

function coerceChoice({ choices }: ChoiceSpec, given: PvValue): Coerced {
  const text = String(given ?? '').trim();
  const lower = text.toLowerCase();
  for (const [name, spellings] of Object.entries(choices)) {
    if (spellings.includes(text) || name === text) return fits(name);
  }
  for (const [name, spellings] of Object.entries(choices)) {
    if (spellings.some((spelling) => spelling.toLowerCase() === lower)) return fits(name);
  }
  return wrong(`one of ${Object.values(choices).flat().join(', ')}`);
}

function range({ min, max }: IntSpec): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` from ${min} on`;
  return max === undefined ? '' : ` up to ${max}`;
}
