/** Reads `name=value;name=value` of a parameter: a value is a text, or has pseudo-variables, where a `;` may stand too. */
import { Computed } from '../../engine/computed.ts';
import type { Reading } from '../../engine/spec.ts';
import type { Outcome, PvCompiler } from './pv-compiler.ts';
import { parsePv, type PvProblem, type TakesInner } from '../syntax/pv-text.ts';
import { Run } from './run.ts';

export interface FieldText {
  readonly name: string;
  readonly value: string;
  /** Where the value begins in the whole. */
  readonly at: number;
}

export type FieldTexts =
  | { readonly kind: 'read'; readonly fields: readonly FieldText[] }
  | { readonly kind: 'wrong'; readonly problem: PvProblem };

export function readFields(text: string, takesInner: TakesInner): FieldTexts {
  const fields: FieldText[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOf(text, at, takesInner);
    const part = text.slice(at, end);
    if (part.trim() !== '') {
      const equals = part.indexOf('=');
      const name = part.slice(0, Math.max(equals, 0)).trim();
      if (name === '')
        return { kind: 'wrong', problem: { at, message: `${part.trim()} is not of the form name=value` } };
      const value = part.slice(equals + 1);
      const lead = value.length - value.trimStart().length;
      fields.push({ name, value: value.trim(), at: at + equals + 1 + lead });
    }
    at = end + 1;
  }
  return { kind: 'read', fields };
}

/** The next `;` that belongs to no pseudo-variable, or the end. */
function endOf(text: string, start: number, takesInner: TakesInner): number {
  for (let at = start; at < text.length; at++) {
    if (text[at] === ';') return at;
    if (text[at] !== '$') continue;
    const read = parsePv(text, at, takesInner);
    if (!('problem' in read)) at = read.end - 1;
  }
  return text.length;
}

/** As a parameter of the program: what has a dollar waits until the script is linked. */
export function fieldValues(text: string, takesInner: TakesInner): ReadonlyMap<string, string | Computed> {
  const read = readFields(text, takesInner);
  const fields = read.kind === 'read' ? read.fields : [];
  return new Map(fields.map(({ name, value }) => [name, value.includes('$') ? new Computed(value) : value]));
}

/** A number stays one, and what is not there null, when the text is one pseudo-variable. */
export function compileReading(text: string, pvs: PvCompiler): Outcome<Reading> {
  const whole = pvs.at(text, 0);
  if (whole?.kind === 'made' && whole.value.end === text.length) {
    const { read } = whole.value;
    return { kind: 'made', value: (ctx) => read(new Run(ctx, ctx.route)) };
  }
  const format = pvs.format(text);
  if (format.kind === 'wrong') return format;
  const { value } = format;
  return { kind: 'made', value: typeof value === 'string' ? () => value : (ctx) => value(new Run(ctx, ctx.route)) };
}
