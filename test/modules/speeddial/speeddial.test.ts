/** Short numbers of users, by results as Kamailio's speeddial has them. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import type { ParamInputs } from '../../../src/engine/spec.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { speeddial } from '../../../src/modules/speeddial/speeddial.ts';
import { rigOf, written } from '../../support/contexts.ts';

const NUMBERS = `speed_dial
username(string) domain(string) sd_username(string) sd_domain(string) new_uri(string)
alice:example.com:10:a.com:sip\\:bob@b.com
alice:other.com:11:a.com:carol@c.com
alice:example.com:12:a.com:not a uri
dave:example.com:10:a.com:sip\\:dave2@b.com
`;

async function looked(
  uri: string,
  params: ParamInputs<(typeof speeddial)['decl']['params']> = {},
  owner?: string,
  table = 'speed_dial',
) {
  const { modules, request, log } = await rigOf([use(db_text, { memory: NUMBERS }), use(speeddial, params)]);
  const ctx = request(written({ uri }));
  return { outcome: modules.speeddial.lookup(ctx, table, owner), uri: ctx.message.uri, log };
}

describe('a short number', () => {
  it.each([
    ['sip:10@x.com', {}, undefined, 'sip:bob@b.com'],
    ['sip:11@x.com', {}, undefined, 'sip:carol@c.com'],
    ['sip:10@x.com', {}, 'sip:dave@x.com', 'sip:dave2@b.com'],
    ['sip:10@x.com', { use_domain: 1 }, undefined, 'sip:bob@b.com'],
    ['sip:11@x.com', { use_domain: 1 }, undefined, undefined],
    ['sip:10@x.com', { use_domain: 2 }, undefined, undefined],
    ['sip:10@A.com', { use_domain: 2 }, undefined, 'sip:bob@b.com'],
    ['sip:10@sip.a.com', { use_domain: 2, domain_prefix: 'sip.' }, undefined, 'sip:bob@b.com'],
    ['sip:99@x.com', {}, undefined, undefined],
    ['sip:10@x.com', {}, 'nonsense', undefined],
    ['tel:10', {}, undefined, undefined],
  ] as const)('%s with %j, owner %s', async (dialled, params, owner, uri) => {
    const found = await looked(dialled, params, owner);
    expect(found).toMatchObject({ outcome: uri === undefined ? 'notFound' : 'found', uri: uri ?? dialled });
  });

  it('with an address that is no URI is not found, and said so', async () => {
    const { outcome, uri, log } = await looked('sip:12@x.com');
    expect([outcome, uri, log[0]?.level]).toEqual(['notFound', 'sip:12@x.com', 'warn']);
  });

  it('in a table that nobody declared is not found, and said so', async () => {
    const { outcome, log } = await looked('sip:10@x.com', {}, undefined, 'numbers');
    expect([outcome, log[0]?.fields]).toEqual(['notFound', { table: 'numbers' }]);
  });
});
