/** `#!subst "/expression/replacement/flags"`: POSIX expressions replaced in strings and pseudo-variables. */
import { parseSubstitution as parse } from '../../util/regex/substitution.ts';

export interface Substitution {
  /** The text between the first two separators: what substdef defines. */
  readonly pattern: string;
  readonly replacement: string;
  apply(text: string): string;
}

/** The parts of `!a!b!g`, or what is wrong with it. */
export function parseSubstitution(text: string): Substitution | { readonly wrong: string } {
  const parsed = parse<undefined>(text);
  if (parsed.kind === 'wrong') return { wrong: parsed.problem.message };
  const { pattern, replacement, substitution } = parsed;
  return { pattern, replacement, apply: (subject) => substitution.replace(subject, undefined) ?? subject };
}
