/**
 * Makes pseudo-variables and texts with them ready to read and write. The same code checks a file, with bindings that
 * do nothing, and links it, with those of the running modules.
 */
import type { PvBinding, PvRef, PvValue } from '../../engine/module.ts';
import { moduleOfPv } from '../check/advice.ts';
import {
  MAX_PV_DEPTH,
  type FormatPart,
  type ParsedPv,
  parseFormat,
  parsePv,
  type PvProblem,
} from '../syntax/pv-text.ts';
import { type Context, type Names, nearest, type PvEntry } from '../registry.ts';
import { Run } from './run.ts';
import type { ScriptPvs } from './script-pvs.ts';

export type Reader = (run: Run) => PvValue;
export type TextReader = (run: Run) => string;
export type Writer = (run: Run, value: PvValue) => void;
export type Outcome<T> =
  | { readonly kind: 'made'; readonly value: T }
  | {
      readonly kind: 'wrong';
      readonly problem: PvFault;
      /** Further ones in the same text. */
      readonly more?: readonly PvFault[];
    };

export interface PvFault extends PvProblem {
  readonly code: 'CFG_PV_SYNTAX' | 'CFG_PV_UNKNOWN' | 'CFG_PV_INNER' | 'CFG_PV_READ_ONLY' | 'CFG_TRANSFORMATION';
}

/** Where the code of pseudo-variables comes from. */
export interface PvSource {
  binding(module: string, name: string): PvBinding;
  /** The message that a scoped pseudo-variable is read on. */
  scope(module: string, name: string): (ctx: Context) => Context | undefined;
}

type Wrong = Extract<Outcome<never>, { kind: 'wrong' }>;

/** All that is wrong. */
export const faults = ({ problem, more = [] }: Wrong): readonly PvFault[] => [problem, ...more];

const made = <T>(value: T): Outcome<T> => ({ kind: 'made', value });

/** What a null is in a text, without transformations. */
const NULL_TEXT = '<null>';

export class PvCompiler {
  readonly #names: Names;
  readonly #source: PvSource;
  readonly #script: ScriptPvs;
  /** How many are being compiled inside each other. */
  #depth = 0;

  constructor(names: Names, source: PvSource, script: ScriptPvs) {
    this.#names = names;
    this.#source = source;
    this.#script = script;
  }

  readonly takesInner = (name: string): boolean =>
    this.#script.has(name) || this.#names.pv(name)?.decl.inner !== undefined || this.#names.pv(name) === undefined;

  /** The whole of `text` is one pseudo-variable. */
  parse(text: string): Outcome<ParsedPv> {
    const read = parsePv(text, 0, this.takesInner);
    if ('problem' in read) return { kind: 'wrong', problem: { code: 'CFG_PV_SYNTAX', ...read.problem } };
    if (read.end === text.length) return made(read.pv);
    const { name } = read.pv;
    return this.#wrong('CFG_PV_INNER', read.end, `$${name} has nothing in parentheses`);
  }

  reader(text: string): Outcome<Reader> {
    const parsed = this.parse(text);
    return parsed.kind === 'made' ? this.read(parsed.value) : parsed;
  }

  read(pv: ParsedPv): Outcome<Reader> {
    if (this.#depth >= MAX_PV_DEPTH) return this.#wrong('CFG_PV_SYNTAX', 0, 'pseudo-variables are nested too deeply');
    this.#depth += 1;
    const read = this.#read(pv);
    this.#depth -= 1;
    return read;
  }

  #read(pv: ParsedPv): Outcome<Reader> {
    const plain = this.#plain(pv);
    if (plain.kind === 'wrong' || pv.transformations === '') return plain;
    const parsed = this.#names.registry.parseTransformations(pv.transformations, (text) => this.#parameter(text));
    if (parsed.kind === 'malformed') {
      const { message, hint } = parsed;
      return this.#wrong('CFG_TRANSFORMATION', pv.transformationsAt + parsed.at, message, hint);
    }
    const { chain } = parsed;
    const read = plain.value;
    return made((run) => {
      let value = read(run);
      for (const step of chain) value = step.apply(value, run.ctx);
      return value;
    });
  }

  #parameter(text: string): ((ctx: Context) => PvValue) | { readonly message: string } {
    const reader = this.reader(text);
    if (reader.kind === 'wrong') return { message: reader.problem.message };
    const read = reader.value;
    return (ctx) => read(new Run(ctx, 'event'));
  }

  #plain(pv: ParsedPv): Outcome<Reader> {
    const own = this.#script.reader(pv);
    if (own !== undefined) {
      return 'message' in own ? this.#wrong('CFG_PV_INNER', pv.innerAt, own.message, own.hint) : made(own.read);
    }
    const entry = this.#entry(pv);
    if (entry.kind === 'wrong') return entry;
    const { module, decl } = entry.value;
    if (this.#names.registry.scoped.includes(pv.name)) return this.#scoped(pv, module);
    const ref = this.#ref(pv, decl.raw);
    if (ref.kind === 'wrong') return ref;
    const binding = this.#source.binding(module, pv.name);
    if (ref.value.kind === 'fixed') {
      const { fixed } = ref.value;
      return made((run) => binding.read(run.ctx, fixed));
    }
    const { of } = ref.value;
    return made((run) => binding.read(run.ctx, of(run)));
  }

  #scoped(pv: ParsedPv, module: string): Outcome<Reader> {
    const inner = this.reader(pv.inner ?? '');
    if (inner.kind === 'wrong') return { kind: 'wrong', problem: { ...inner.problem, at: pv.innerAt } };
    const scope = this.#source.scope(module, pv.name);
    const read = inner.value;
    return made((run) => {
      const ctx = scope(run.ctx);
      return ctx === undefined ? null : read(new Run(ctx, run.kind));
    });
  }

  /** Undefined: the parser has said that it cannot be assigned to. */
  writer(pv: ParsedPv): Outcome<Writer> | undefined {
    if (pv.transformations !== '') return undefined;
    if (this.#script.has(pv.name)) return this.#wrong('CFG_PV_READ_ONLY', 0, `$${pv.name} cannot be assigned to`);
    const entry = this.#entry(pv);
    if (entry.kind === 'wrong') return entry;
    const { module, decl } = entry.value;
    if (decl.writable !== true) return this.#wrong('CFG_PV_READ_ONLY', 0, `$${pv.name} cannot be assigned to`);
    const ref = this.#ref(pv, decl.raw);
    if (ref.kind === 'wrong') return ref;
    const binding = this.#source.binding(module, pv.name);
    const { value } = ref;
    if (value.kind === 'fixed') return made((run, to) => binding.write?.(run.ctx, value.fixed, to));
    return made((run, to) => binding.write?.(run.ctx, value.of(run), to));
  }

  /** The one that a `$` begins in a text; undefined when it begins none. */
  at(text: string, start: number): Outcome<{ readonly read: Reader; readonly end: number }> | undefined {
    if (!/[A-Za-z_?(]/.test(text.charAt(start + 1))) return undefined;
    const read = parsePv(text, start, this.takesInner);
    if ('problem' in read) return { kind: 'wrong', problem: { code: 'CFG_PV_SYNTAX', ...read.problem } };
    const reader = this.read(read.pv);
    if (reader.kind === 'made') return made({ read: reader.value, end: read.end });
    return { kind: 'wrong', problem: { ...reader.problem, at: start + reader.problem.at } };
  }

  /**
   * A text whose pseudo-variables are evaluated each time, `clean` applied to what they give. A plain one comes back as it
   * is.
   */
  format(text: string, clean?: (value: string) => string): Outcome<string | TextReader> {
    if (!text.includes('$')) return made(text);
    const parsed = parseFormat(text, this.takesInner);
    if ('problem' in parsed) return { kind: 'wrong', problem: { code: 'CFG_PV_SYNTAX', ...parsed.problem } };
    const pieces: (string | TextReader)[] = [];
    const problems: PvFault[] = [];
    for (const part of parsed.parts) {
      const piece = this.#piece(part, clean);
      if (piece.kind === 'made') pieces.push(piece.value);
      else problems.push(piece.problem, ...(piece.more ?? []));
    }
    const [problem, ...more] = problems;
    if (problem !== undefined) return { kind: 'wrong', problem, more };
    const [first, ...others] = pieces;
    if (first === undefined) return made('');
    if (others.length === 0) return made(first);
    return made((run) => {
      let whole = '';
      for (const piece of pieces) whole += typeof piece === 'string' ? piece : piece(run);
      return whole;
    });
  }

  /** The value of a text before there is any message: only what needs none can stand in it. */
  fixed(text: string): string | undefined {
    const parsed = parseFormat(text, this.takesInner);
    if ('problem' in parsed) return undefined;
    let whole = '';
    for (const part of parsed.parts) {
      const value = typeof part === 'string' ? part : this.#script.fixed(part.pv);
      if (value === undefined) return undefined;
      whole += value;
    }
    return whole;
  }

  #piece(part: FormatPart, clean?: (value: string) => string): Outcome<string | TextReader> {
    if (typeof part === 'string') return made(part);
    const reader = this.read(part.pv);
    if (reader.kind === 'wrong') {
      return { kind: 'wrong', problem: { ...reader.problem, at: part.at + reader.problem.at } };
    }
    const read = reader.value;
    const empty = part.pv.transformations === '' ? NULL_TEXT : '';
    return made((run) => {
      const value = read(run);
      if (typeof value === 'string') return clean === undefined ? value : clean(value);
      return value === null ? empty : String(value);
    });
  }

  #entry(pv: ParsedPv): Outcome<PvEntry> {
    const { name, inner } = pv;
    const entry = this.#names.pv(name);
    if (entry === undefined) return this.#unknown(name);
    const { module, decl } = entry;
    if (!this.#names.isLoaded(module)) this.#names.imply(module, name);
    if (inner === undefined && decl.inner === 'required') {
      return this.#wrong('CFG_PV_INNER', 0, `$${name} needs something in parentheses`, `$${name}(...)`);
    }
    if (inner !== undefined && decl.inner === undefined) {
      return this.#wrong('CFG_PV_INNER', pv.innerAt, `$${name} has nothing in parentheses`);
    }
    return made(entry);
  }

  #unknown(name: string): Outcome<never> {
    const owner = moduleOfPv(name);
    if (owner !== undefined) {
      const message =
        this.#names.module(owner) === undefined
          ? `$${name} belongs to the module ${owner} of Kamailio; viaduct does not have it`
          : `$${name} belongs to Kamailio's ${owner}; the ${owner} of viaduct does not have it`;
      return this.#wrong('CFG_PV_UNKNOWN', 0, message, this.#script.advice(name));
    }
    const meant = nearest(name, [...this.#names.pvNames, ...this.#script.names]);
    const hint = this.#script.advice(name) ?? (meant === undefined ? undefined : `did you mean $${meant}?`);
    return this.#wrong('CFG_PV_UNKNOWN', 0, `there is no pseudo-variable $${name}`, hint);
  }

  #ref({ inner = '', innerAt, index }: ParsedPv, raw = false): Outcome<Reference> {
    const text = raw ? made<string | TextReader>(inner) : this.format(inner);
    if (text.kind === 'wrong') {
      return { kind: 'wrong', problem: { ...text.problem, at: innerAt + text.problem.at } };
    }
    const written = text.value;
    if (typeof index !== 'object') {
      if (typeof written === 'string') return made({ kind: 'fixed', fixed: { inner: written, index } });
      return made({ kind: 'moving', of: (run) => ({ inner: written(run), index }) });
    }
    const reader = this.read(index);
    if (reader.kind === 'wrong') return reader;
    const read = reader.value;
    return made({
      kind: 'moving',
      of: (run) => ({
        inner: typeof written === 'string' ? written : written(run),
        index: Math.trunc(Number(read(run))) || 0,
      }),
    });
  }

  #wrong(code: PvFault['code'], at: number, message: string, hint?: string): Outcome<never> {
    return { kind: 'wrong', problem: { code, at, message, hint } };
  }
}

type Reference =
  | { readonly kind: 'fixed'; readonly fixed: PvRef }
  | { readonly kind: 'moving'; readonly of: (run: Run) => PvRef };
