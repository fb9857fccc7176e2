/** What topos makes of its parameters before anything runs: checks that they fit together, and says what has no effect. */
import type { Host } from '../../engine/module.ts';
import { ViaductError } from '../../errors.ts';
import type { SipRequest } from '../../sip/message.ts';
import type { PvApi } from '../pv/api.ts';
import type { SanityApi } from '../sanity/api.ts';
import { randomSecret } from './call-ids.ts';
import { CallIdMask } from './callid-mask.ts';
import { checkLook, type ReadXavu } from './contact-look.ts';
import type { declaration } from './declaration.ts';
import { isContext } from './key-contexts.ts';

type ToposHost = Host<typeof declaration>;
type Params = ToposHost['params'];

const SHARED = /^rediss?\b/;

/** Throws a ViaductError that says what does not fit. */
export function checkParams(params: Params): void {
  const { storage, mask_callid: masks, secret, context } = params;
  if (masks === 1 && secret === '' && SHARED.test(storage)) {
    throw new ViaductError(
      'TOPOS_SECRET',
      `topos: storage is ${JSON.stringify(storage.split(':')[0])} and mask_callid is 1, but there is no secret: ` +
        'another node could not read the Call-IDs. Give all nodes the same long random text as secret.',
    );
  }
  if (!isContext(context)) {
    throw new ViaductError(
      'PARAM_VALUE',
      `topos: context ${JSON.stringify(context)} is not of at most 12 letters, digits and underscores`,
    );
  }
  checkLook(params);
}

/** What is accepted for Kamailio's sake, when somebody has set it. */
export function idleParams(params: Params): readonly string[] {
  const notes: string[] = [];
  if (params.event_callback !== '') notes.push('event_callback has no effect: write event routes');
  if (params.db_url !== '') notes.push('db_url has no effect: there is no database storage');
  if (params.version_table !== 1) notes.push('version_table has no effect: there is no database storage');
  return notes;
}

/** Of the secret; without one, of a random key that lasts as long as the process. */
export function callIdMask({ params, world, state }: Pick<ToposHost, 'params' | 'world' | 'state'>): CallIdMask {
  const { secret } = params;
  return new CallIdMask(secret === '' ? state('call-id key', () => randomSecret(world.random)) : secret);
}

/** The checks of sanity, where they are asked for; whether the module is there is known once all are loaded. */
export function sanityOf({ params, find }: Pick<ToposHost, 'params' | 'find'>): (request: SipRequest) => boolean {
  if (params.sanity_checks === 0) return () => false;
  const checks = (): SanityApi | undefined => find('sanity');
  return (request) => checks()?.fault(request) !== undefined;
}

/** `$xavu` of pv, where the form of Contacts asks for it. */
export function xavuOf({ find }: Pick<ToposHost, 'find'>): ReadXavu {
  const pv = (): PvApi | undefined => find('pv');
  return (ctx, root, field) => pv()?.readXavu(ctx, root, field) ?? null;
}

/** Throws when a module is not there that the parameters ask for. */
export function checkModules({ params, use }: Pick<ToposHost, 'params' | 'use'>): void {
  if (params.sanity_checks === 1) use('sanity');
  if (params.xavu_cfg !== '') use('pv');
}
