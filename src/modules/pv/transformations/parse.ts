/**
 * Chains of transformations, `{s.substr,0,3}{s.toupper}`: read once where a script is loaded, then applied from left to
 * right. A name that is not known and a parameter that does not fit are reported, never thrown.
 */
import type { PvValue } from '../../../engine/module.ts';
import type { CompilePv, ParsedTransformations, PvReader, TransformationStep } from '../api.ts';
import { asInteger, type MessageContext } from '../table.ts';
import { addressParts } from './addresses.ts';
import { encodings } from './encodings.ts';
import { lists } from './lists.ts';
import { pvEnd } from './pv-text.ts';
import { strings } from './strings.ts';
import { compileSubst, substEnd } from './subst.ts';
import { type Apply, MAX_RESULT, type ParamKind, type Transformation } from './transformation.ts';
import { uris } from './uris.ts';
import { values } from './values.ts';

/** Transformations of one value. */
export const MAX_CHAIN = 32;

const KNOWN: ReadonlyMap<string, Transformation> = new Map(
  Object.entries({ ...strings, ...encodings, ...uris, ...lists, ...addressParts, ...values }),
);

export const transformationNames: readonly string[] = [...KNOWN.keys(), 're.subst'].sort();

interface Problem {
  readonly at: number;
  readonly message: string;
  readonly hint?: string | undefined;
}
interface Read<T> {
  readonly value: T;
  readonly end: number;
}
type Outcome<T> = Read<T> | { readonly problem: Problem };

const fail = (at: number, message: string, hint?: string): { readonly problem: Problem } => ({
  problem: { at, message, hint },
});

export function parseTransformations(text: string, compilePv: CompilePv): ParsedTransformations {
  const chain: TransformationStep[] = [];
  for (let at = 0; at < text.length; ) {
    const read =
      chain.length === MAX_CHAIN ? fail(at, `more than ${MAX_CHAIN} transformations`) : readStep(text, at, compilePv);
    if ('problem' in read) {
      const { problem } = read;
      return { kind: 'malformed', at: problem.at, message: problem.message, hint: problem.hint };
    }
    chain.push(read.value);
    at = read.end;
  }
  return { kind: 'chain', chain };
}

export function transform(value: PvValue, chain: readonly TransformationStep[], ctx: MessageContext): PvValue {
  let result = value;
  for (let i = 0; i < chain.length; i++) {
    const step = chain[i];
    if (step !== undefined) result = step.apply(result, ctx);
  }
  return result;
}

const NAME = /^\{\s*([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)+)\s*(?=[,}])/;

function readStep(text: string, start: number, compilePv: CompilePv): Outcome<TransformationStep> {
  const [head, name] = NAME.exec(text.slice(start, start + 64)) ?? [];
  if (head === undefined || name === undefined) {
    return fail(start, 'a transformation is written {class.name} or {class.name,parameter}', undefined);
  }
  const at = start + head.length;
  if (name === 're.subst') return readSubst(text, at, compilePv);
  const known = KNOWN.get(name);
  if (known === undefined) return fail(start + 1, `there is no transformation ${name}`, nearest(name));
  const args = readArgs(text, at, { name, known, compilePv });
  if ('problem' in args) return args;
  return { value: step(name, known.bind(args.value), known.ofNull), end: args.end };
}

const step = (name: string, apply: Apply, ofNull: PvValue): TransformationStep => ({
  name,
  apply(value, ctx) {
    const result = value === null ? ofNull : apply(value, ctx);
    return typeof result === 'string' && result.length > MAX_RESULT ? null : result;
  },
});

function readSubst(text: string, at: number, compilePv: CompilePv): Outcome<TransformationStep> {
  const end = text[at] === ',' ? substEnd(text, at + 1) : -1;
  if (end < 0) return fail(at, 're.subst takes /expression/replacement/flags');
  try {
    return { value: step('re.subst', compileSubst(text.slice(at + 1, end), compilePv), null), end: end + 1 };
  } catch (error) {
    if (error instanceof SyntaxError) return fail(at + 1, error.message);
    throw error;
  }
}

interface Taking {
  readonly name: string;
  readonly kind: ParamKind;
  readonly compilePv: CompilePv;
}

interface Call {
  readonly name: string;
  readonly known: Transformation;
  readonly compilePv: CompilePv;
}

/** From the comma or brace after the name to behind the closing brace. */
function readArgs(text: string, from: number, { name, known, compilePv }: Call): Outcome<readonly PvReader[]> {
  const { params, optional } = known;
  const args: PvReader[] = [];
  let at = from;
  for (const kind of params) {
    if (text[at] !== ',') break;
    const read = readArg(text, at + 1, { name, kind, compilePv });
    if ('problem' in read) return read;
    args.push(read.value);
    at = read.end;
  }
  const least = params.length - optional;
  if (args.length < least) return fail(at, `${name} takes ${quantity(least)}`);
  if (text[at] === '}') return { value: args, end: at + 1 };
  return fail(at, text[at] === ',' ? `${name} takes ${quantity(params.length)}` : 'a } is missing');
}

const quantity = (count: number): string =>
  count === 0 ? 'no parameter' : `${count} parameter${count === 1 ? '' : 's'}`;

const SPACE = /\s/;

function readArg(text: string, start: number, { name, kind, compilePv }: Taking): Outcome<PvReader> {
  let at = start;
  if (kind !== 'char') while (SPACE.test(text.charAt(at))) at++;
  const end = pvEnd(text, at);
  if (end === 'open') return fail(at, 'a ) is missing');
  if (end !== undefined) {
    if (text[end] !== ',' && text[end] !== '}') return fail(end, 'a pseudo-variable is a parameter by itself here');
    const reader = compilePv(text.slice(at, end));
    return typeof reader === 'function' ? { value: reader, end } : fail(at, reader.message);
  }
  if (kind === 'char') return readChar(text, at, name);
  const stop = endOfText(text, at);
  if (stop < 0) return fail(at, 'a } is missing');
  const written = text.slice(at, stop);
  if (kind !== 'number') return { value: () => written, end: stop };
  const number = asInteger(written.trim());
  if (number === undefined) return fail(at, `${name} takes a number here, not ${JSON.stringify(written)}`);
  return { value: () => number, end: stop };
}

function readChar(text: string, at: number, name: string): Outcome<PvReader> {
  const char = text.charAt(at);
  const end = at + 1;
  if (char === '' || text[end] !== '}') return fail(at, `${name} takes one character here`);
  return { value: () => char, end };
}

function endOfText(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === ',' || text[at] === '}') return at;
  return -1;
}

/** A known name that is written almost like this one, or ends like it. */
function nearest(name: string): string | undefined {
  const last = name.slice(name.lastIndexOf('.'));
  const close = transformationNames.find((known) => isClose(name, known));
  const found = close ?? transformationNames.find((known) => known.endsWith(last));
  return found === undefined ? undefined : `did you mean ${found}?`;
}

/** One letter more, less or other, or two neighbours changed over. */
function isClose(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || a === b) return a === b;
  let head = 0;
  while (head < a.length && a[head] === b[head]) head++;
  const [restA, restB] = [a.slice(head), b.slice(head)];
  if (a.length === b.length) {
    const swapped = restA.length > 1 && `${restA[1]}${restA[0]}${restA.slice(2)}` === restB;
    return swapped || restA.slice(1) === restB.slice(1);
  }
  return a.length > b.length ? restA.slice(1) === restB : restA === restB.slice(1);
}
