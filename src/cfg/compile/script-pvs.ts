/**
 * Pseudo-variables that the script itself answers and no module: return codes, defines, custom parameters, and
 * selects.
 */
import type { PvValue } from '../../engine/module.ts';
import type { CustomParams } from '../check/custom-params.ts';
import type { Define } from '../text/defines.ts';
import { languageVersion } from '../text/defines.ts';
import { pvAdvice } from '../check/advice.ts';
import type { ParsedPv } from '../syntax/pv-text.ts';
import { nearest } from '../registry.ts';
import { compileSelect } from './selects.ts';
import type { Run } from './run.ts';
import type { Standing } from './standing.ts';

export interface ScriptFacts {
  readonly defines: ReadonlyMap<string, Define>;
  readonly custom: CustomParams;
  readonly environment: (name: string) => string | undefined;
  readonly file: string;
  readonly standing: Standing;
}

type Made =
  | { readonly read: (run?: Run) => PvValue }
  | { readonly message: string; readonly hint?: string | undefined };

const NAMES = ['rc', 'retcode', 'sel', 'def', 'defn', 'defs', 'defv', 'env', 'version', 'cfg'] as const;

export class ScriptPvs {
  readonly #facts: ScriptFacts;

  constructor(facts: ScriptFacts) {
    this.#facts = facts;
  }

  get names(): readonly string[] {
    return NAMES;
  }

  has(name: string): boolean {
    return NAMES.some((known) => known === name) || name === '?';
  }

  /** What is written instead of a name that many believe to exist. */
  advice(name: string): string | undefined {
    return pvAdvice.get(name);
  }

  /** Undefined: a module may have it. */
  reader({ name, inner = '' }: ParsedPv): Made | undefined {
    switch (name) {
      case 'rc':
      case 'retcode':
      case '?':
        return { read: (run) => run?.rc ?? 0 };
      case 'sel':
        return this.select(inner);
      case 'def':
      case 'defn':
      case 'defs':
      case 'defv':
        return this.#define(name, inner);
      case 'env': {
        const value = this.#facts.environment(inner) ?? null;
        return { read: () => value };
      }
      case 'version': {
        const { major, minor, patch } = languageVersion;
        const value =
          inner === 'num' ? `${major}.${minor}.${patch}` : `viaduct, as kamailio ${major}.${minor}.${patch}`;
        return { read: () => value };
      }
      case 'cfg': {
        const value = this.#place(inner.trim());
        return { read: () => value };
      }
      default:
        return undefined;
    }
  }

  /** What can be said without a message. */
  fixed(pv: ParsedPv): string | undefined {
    if (!this.has(pv.name) || ['rc', 'retcode', '?'].includes(pv.name)) return undefined;
    if (pv.name === 'sel' && !/^@?cfg_get\./.test(pv.inner?.trim() ?? '')) return undefined;
    const made = this.reader(pv);
    if (made === undefined || 'message' in made) return undefined;
    return String(made.read() ?? '');
  }

  #place(part: string): PvValue {
    const { file, standing } = this.#facts;
    if (part === 'line') return standing.line;
    if (part === 'route') return standing.route;
    return part === 'file' || part === 'name' ? file : null;
  }

  #define(form: 'def' | 'defn' | 'defs' | 'defv', id: string): Made {
    const define = this.#facts.defines.get(id);
    if (define === undefined) {
      const meant = nearest(id, this.#facts.defines.keys());
      return { message: `${id} is not defined`, hint: meant === undefined ? undefined : `did you mean ${meant}?` };
    }
    const text = define.value ?? '';
    const bare = text.replace(/^"([^"]*)"$/, '$1');
    const value = form === 'defn' ? Number.parseInt(bare, 10) || 0 : form === 'def' ? text : bare;
    return { read: () => value };
  }

  /** `cfg_get.group.name` gives a text, whatever was set. */
  select(text: string): Made {
    const parts = text.trim().replace(/^@/, '');
    const custom = /^cfg_get\.(.+)$/.exec(parts)?.[1];
    if (custom === undefined) {
      const read = compileSelect(parts);
      if (read !== undefined) return { read: (run) => (run === undefined ? null : read(run.ctx)) };
      return { message: `the select @${parts} is not supported`, hint: SELECT_HINT };
    }
    const { custom: params } = this.#facts;
    if (params.read(custom) !== undefined) return { read: (run) => String(params.selected(custom, run?.groups) ?? '') };
    const meant = nearest(custom, params.paths);
    return {
      message: `there is no custom parameter ${custom}`,
      hint: meant === undefined ? `write ${custom} = "value" before the routes` : `did you mean ${meant}?`,
    };
  }
}

const SELECT_HINT = 'write the pseudo-variable that says the same, such as $hdr(Name)';
