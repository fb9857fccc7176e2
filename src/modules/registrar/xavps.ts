/** What a script says in a structured AVP to save, lookup and registered, and what they say in another about contacts. */
import type { AvpValue, ReplyContext, RequestContext } from '../../engine/context.ts';
import type { PvApi } from '../pv/api.ts';
import type { Binding } from '../usrloc/api.ts';

type Context = RequestContext | ReplyContext;

/** Bits of `xavp_rcd_mask`: what is left out. */
const LEFT_OUT = { ruid: 1, contact: 2, expires: 4, received: 8, path: 16 } as const;

export interface XavpNames {
  /** Where scripts write values; undefined for none. */
  readonly config: string | undefined;
  /** Where contacts are described; undefined for none. */
  readonly record: string | undefined;
  readonly mask: number;
}

export class RegistrarXavps {
  readonly #pv: () => PvApi | undefined;
  readonly #names: XavpNames;
  readonly #secondsLeft: (binding: Binding) => number | undefined;

  /** `pv` is asked for when it is needed: it may be set up later. */
  constructor(names: XavpNames, pv: () => PvApi | undefined, secondsLeft: (binding: Binding) => number | undefined) {
    this.#names = names;
    this.#pv = pv;
    this.#secondsLeft = secondsLeft;
  }

  /** `''` when the script says nothing. */
  text(ctx: Context, field: string): string {
    const { config } = this.#names;
    const value = config === undefined ? null : (this.#pv()?.readXavp(ctx, config, field) ?? null);
    return value === null ? '' : String(value);
  }

  number(ctx: Context, field: string): number | undefined {
    const text = this.text(ctx, field);
    return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  }

  /** The Request-URI is this contact now. */
  locate(ctx: RequestContext, binding: Binding): void {
    this.#pv()?.setLocated(ctx, binding);
  }

  describe(ctx: Context, binding: Binding): void {
    const { record, mask } = this.#names;
    if (record === undefined) return;
    const fields: (readonly [string, AvpValue])[] = [];
    const add = (name: keyof typeof LEFT_OUT, value: AvpValue): void => {
      if ((mask & LEFT_OUT[name]) === 0 && value !== '') fields.push([name, value]);
    };
    add('ruid', binding.ruid);
    add('contact', binding.uri);
    add('expires', this.#secondsLeft(binding) ?? 0);
    add('received', binding.received);
    add('path', binding.path);
    this.#pv()?.addXavp(ctx, record, fields);
  }
}
