/** Arguments that are more than a value: pseudo-variables themselves, substitutions, header lines, regular expressions. */
import type { PvPlace } from '../../engine/pv-value.ts';
import type { PvSpec, SubstitutionSpec } from '../../engine/spec.ts';
import { compileRegex } from '../../util/regex/regex.ts';
import { parseSubstitution, type ReadVariable } from '../../util/regex/substitution.ts';
import { type Argument, nothing, type Taking } from './argument.ts';
import type { Expression, StringLiteral } from '../ast.ts';
import { warnOfPerl } from './patterns.ts';
import { faults } from './pv-compiler.ts';
import type { Context } from '../registry.ts';
import { Run } from './run.ts';
import { reportInString, reportPv, type Scene } from './scene.ts';
import { placeInString } from '../text/string-escapes.ts';
import { toText } from './values.ts';

/** `$var(x)`, with or without quotes around it. */
export function pvArgument(scene: Scene, argument: Expression, { call, spec, position }: Taking<PvSpec>): Argument {
  const text = argument.kind === 'pv' ? argument.text : argument.kind === 'string' ? argument.value.trim() : undefined;
  if (text === undefined || !text.startsWith('$')) {
    scene.report('CFG_ARGUMENT', argument.span, `argument ${position} of ${call.name.text} is a pseudo-variable`, {
      hint: `write it as it is, such as $var(x)`,
    });
    return nothing;
  }
  const place = placeOf(scene, text);
  if (place.kind === 'wrong') {
    if (argument.kind === 'pv') for (const fault of faults(place)) reportPv(scene, argument, fault);
    else if (argument.kind === 'string') reportInString(scene, argument, faults(place));
    return nothing;
  }
  if (spec.writable === true && place.value.write === undefined) {
    scene.report('CFG_PV_READ_ONLY', argument.span, `${text} cannot be assigned to`);
    return nothing;
  }
  return { kind: 'fixed', value: place.value };
}

function placeOf({ pvs }: Scene, text: string) {
  const parsed = pvs.parse(text);
  if (parsed.kind === 'wrong') return parsed;
  const reader = pvs.read(parsed.value);
  if (reader.kind === 'wrong') return reader;
  const writer = pvs.writer(parsed.value);
  const read = reader.value;
  const place: PvPlace = {
    name: text,
    read: (ctx) => read(new Run(ctx, 'event')),
    ...(writer?.kind === 'made' ? { write: (ctx, value) => writer.value(new Run(ctx, 'event'), value) } : {}),
  };
  return { kind: 'made', value: place } as const;
}

export function substitutionArgument(
  scene: Scene,
  argument: Expression,
  { call, position }: Taking<SubstitutionSpec>,
): Argument {
  if (argument.kind !== 'string') {
    scene.report('CFG_ARGUMENT', argument.span, `argument ${position} of ${call.name.text} is a text in quotes`, {
      hint: 'pseudo-variables can stand in the replacement: "/expression/$var(x)/"',
    });
    return nothing;
  }
  const parsed = parseSubstitution(argument.value, variableOf(scene));
  if (parsed.kind === 'parsed') {
    warnOfPerl(argument, scene);
    return { kind: 'fixed', value: parsed.substitution };
  }
  const { at, message } = parsed.problem;
  scene.report('CFG_REGEX', placeInString(scene.sources, argument, at), message);
  return nothing;
}

function variableOf({ pvs }: Scene): ReadVariable<Context> {
  return (text, at) => {
    if (text.startsWith('$$', at)) return { read: () => '$', end: at + 2 };
    // `\u` is the Request-URI.
    if (text.startsWith('\\u', at)) {
      const uri = pvs.at('$ru', 0);
      return uri?.kind === 'made'
        ? { read: (ctx) => toText(uri.value.read(new Run(ctx, 'event'))), end: at + 2 }
        : undefined;
    }
    const found = pvs.at(text, at);
    if (found === undefined) return undefined;
    if (found.kind === 'wrong') return { problem: found.problem };
    const { read, end } = found.value;
    return { read: (ctx) => oneLine(toText(read(new Run(ctx, 'event')))), end };
  };
}

/** A fixed regular expression is held against the grammar once, here. */
export function checkRegex(scene: Scene, literal: StringLiteral): void {
  const compiled = compileRegex(literal.value, { ignoreCase: true, lines: true });
  if (!('problem' in compiled)) {
    warnOfPerl(literal, scene);
    return;
  }
  const { at, message } = compiled.problem;
  scene.report('CFG_REGEX', placeInString(scene.sources, literal, at), `in this regular expression: ${message}`);
}

const BREAKS = /[\r\n]+/g;

/** What a peer sent cannot begin a line of its own. */
export const oneLine = (text: string): string =>
  text.includes('\n') || text.includes('\r') ? text.replace(BREAKS, ' ') : text;

/** The headers of a text; a line that begins with white space continues the one before it. */
export function headerLines(text: string): readonly string[] {
  return text
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}
