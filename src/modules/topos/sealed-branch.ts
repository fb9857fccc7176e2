/**
 * The way back, sealed into our own branch: Vias and Record-Routes of a request, readable by who has the secret and by
 * nobody else. A reply that arrives after a crash finds its caller by it, with no store at all.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { parseBranch, plainBranch, sealedBranch } from '../../transaction/branch.ts';
import { KEY_BYTES, type Side } from './keys.ts';
import { lengthen, shorten } from './via-text.ts';

/** A branch with a seal is no longer than this: some user agents keep no more of it. Else it stays without. */
export const MAX_SEALED_BRANCH = 192;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const CIPHER = 'chacha20-poly1305';
/** What the first byte says. */
const FROM_B = 1;
const HAS_DIALOG = 2;
const OPENS = 4;

/** What a reply needs to find its way back. */
export interface WayBack {
  readonly vias: readonly string[];
  readonly recordRoutes: readonly string[];
  /** Who sent the request. */
  readonly from: Side;
  /** The dialog it opens, or belongs to. */
  readonly dialog: { readonly id: string; readonly opens: boolean } | undefined;
}

export class BranchSealer {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', 'viaduct topos branch', 32));
  }

  /** `plain` must never have been sealed with anything else: it is what makes each seal different. */
  seal(plain: string, way: WayBack): string {
    const text = textOf(way);
    if (text === undefined) return plain;
    const cipher = createCipheriv(CIPHER, this.#key, nonceOf(plain), { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    const branch = sealedBranch(plain, sealed.toString('base64url'));
    return branch.length <= MAX_SEALED_BRANCH ? branch : plain;
  }

  /** undefined for what we did not seal, or not for this branch. */
  open(branch: string): WayBack | undefined {
    const seal = parseBranch(branch)?.seal;
    if (seal === undefined || branch.length > MAX_SEALED_BRANCH) return undefined;
    const bytes = Buffer.from(seal, 'base64url');
    // One seal has one spelling.
    if (bytes.length <= TAG_BYTES || bytes.toString('base64url') !== seal) return undefined;
    const nonce = nonceOf(plainBranch(branch));
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = decipher.update(bytes.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return wayOf(opened);
  }
}

const nonceOf = (plain: string): Uint8Array => createHash('sha256').update(plain).digest().subarray(0, NONCE_BYTES);

function textOf({ vias, recordRoutes, from, dialog }: WayBack): Buffer | undefined {
  const [above, records] = [shorten(vias), shorten(recordRoutes)];
  const id = dialog === undefined ? Buffer.alloc(0) : idBytes(dialog.id);
  if (above === undefined || above === '' || records === undefined || id === undefined) return undefined;
  const flags = (from === 'b' ? FROM_B : 0) | (dialog === undefined ? 0 : HAS_DIALOG) | (dialog?.opens ? OPENS : 0);
  const lists = records === '' ? above : `${above}\n\n${records}`;
  return Buffer.concat([Buffer.of(flags), id, Buffer.from(lists, 'latin1')]);
}

function wayOf(opened: Buffer): WayBack | undefined {
  const flags = opened[0] ?? 0;
  const length = (flags & HAS_DIALOG) === 0 ? 0 : KEY_BYTES + 1 + (opened[1] ?? 0);
  const lists = opened.toString('latin1', 1 + length);
  const [above = '', records = ''] = lists.split('\n\n');
  const vias = lengthen(above);
  if (vias.length === 0) return undefined;
  return {
    vias,
    recordRoutes: lengthen(records),
    from: (flags & FROM_B) === 0 ? 'a' : 'b',
    dialog: length === 0 ? undefined : { id: idText(opened.subarray(1, 1 + length)), opens: (flags & OPENS) !== 0 },
  };
}

/** The length of the namespace, the namespace, and the key. */
function idBytes(id: string): Buffer | undefined {
  const [, space = '', hex = ''] = /^(?:(\w*)-)?([0-9a-f]+)$/.exec(id) ?? [];
  const key = Buffer.from(hex, 'hex');
  return key.length === KEY_BYTES ? Buffer.concat([Buffer.of(space.length), Buffer.from(space), key]) : undefined;
}

function idText(bytes: Buffer): string {
  const space = bytes.toString('latin1', 1, bytes.length - KEY_BYTES);
  const hex = bytes.toString('hex', bytes.length - KEY_BYTES);
  return space === '' ? hex : `${space}-${hex}`;
}
