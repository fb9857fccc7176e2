/** Checks the values a program gives to a module's parameters against their declaration, and fills in the defaults. */
import { ViaductError } from '../errors.ts';
import { Computed } from './computed.ts';
import type { ModuleDecl } from './declaration.ts';
import type { Field, FieldsSpec, ParamSpec, Reading, ValueSpec } from './spec.ts';

/** `bind` gives what reads a value that a script computes. */
export function checkParams(
  decl: ModuleDecl,
  given: Readonly<Record<string, unknown>>,
  bind: (computed: Computed) => Reading,
): Readonly<Record<string, unknown>> {
  const specs = decl.params ?? {};
  for (const name of Object.keys(given)) {
    if (specs[name] === undefined) {
      const known = Object.keys(specs).join(', ') || 'none';
      throw new ViaductError('PARAM_UNKNOWN', `${decl.name} has no parameter ${name} (it has: ${known})`);
    }
  }
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const value = given[name];
      if (value === undefined) return [name, spec.default];
      const where = `${decl.name}.${name}`;
      return [name, spec.type === 'fields' ? fieldsOf(spec, value, where, bind) : acceptParam(spec, value, where)];
    }),
  );
}

function fieldsOf(
  spec: FieldsSpec,
  given: unknown,
  where: string,
  bind: (computed: Computed) => Reading,
): readonly Field[] {
  if (typeof given !== 'object' || given === null) return refuse(where, 'values by their names', shown(spec, given));
  const entries: readonly (readonly [string, unknown])[] =
    given instanceof Map ? [...given].map(([name, value]) => [String(name), value]) : Object.entries(given);
  if (entries.length > spec.max) throw new ViaductError('PARAM_VALUE', `${where}: more than ${spec.max} fields`);
  return entries.map(([name, value]) => {
    if (value instanceof Computed) return { name, read: bind(value) };
    if (typeof value === 'string') return { name, read: () => value };
    if (isReading(value)) return { name, read: value };
    return refuse(`${where} ${name}`, 'a text or a function of the context', shown(spec, value));
  });
}

/** What it takes and gives is for the compiler of whoever wrote it to check. */
const isReading = (value: unknown): value is Reading => typeof value === 'function';

/** The value, when it fits the declaration; a ViaductError says why it does not. */
export function acceptParam(spec: ValueSpec, value: unknown, where: string): string | number | readonly string[] {
  switch (spec.type) {
    case 'int':
      if (typeof value === 'number' && Number.isInteger(value) && within(spec, value)) return value;
      return refuse(where, `an integer${range(spec)}`, shown(spec, value));
    case 'str':
      return typeof value === 'string' ? value : refuse(where, 'a string', shown(spec, value));
    case 'list':
      if (typeof value === 'string') return [value];
      if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value;
      return refuse(where, 'a string or an array of strings', shown(spec, value));
    case 'choice':
      if (typeof value === 'string' && Object.hasOwn(spec.choices, value)) return value;
      return refuse(where, `one of ${Object.keys(spec.choices).join(', ')}`, shown(spec, value));
  }
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}
const within = ({ min, max }: Range, value: number): boolean =>
  value >= (min ?? -Infinity) && value <= (max ?? Infinity);
const range = ({ min, max }: Range): string =>
  min === undefined && max === undefined ? '' : ` from ${min ?? 'any'} to ${max ?? 'any'}`;

/** Credentials and keys never reach a message, not even a wrong one. */
const shown = (spec: ParamSpec, value: unknown): string =>
  spec.secret === true ? `what it was given (${typeof value})` : JSON.stringify(value);

function refuse(where: string, wanted: string, value: string): never {
  throw new ViaductError('PARAM_VALUE', `${where} takes ${wanted}, not ${value}`);
}
