/** Aliases of users, by results as Kamailio's alias_db has them. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import type { ParamInputs } from '../../../src/engine/spec.ts';
import { alias_db } from '../../../src/modules/alias_db/alias_db.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { rigOf, written } from '../../support/contexts.ts';

const ALIASES = `dbaliases
alias_username(string) alias_domain(string) username(string) domain(string,null)
1000:a.com:alice:a.com
1000:b.com:bob:b.com
2000:a.com:jürgen:a.com
3000:a.com:carol:
4000:a.com:no body:a.com
`;

async function looked(
  uri: string,
  params: ParamInputs<(typeof alias_db)['decl']['params']> = {},
  flags?: string,
  table = 'dbaliases',
) {
  const { modules, request, log } = await rigOf([use(db_text, { memory: ALIASES }), use(alias_db, params)]);
  const ctx = request(written({ uri }));
  const outcome = modules.alias_db.lookup(ctx, table, flags);
  return { outcome, uris: [ctx.message.uri, ...ctx.branches.map((branch) => branch.uri)], log };
}

describe('an alias', () => {
  it.each([
    ['sip:1000@x.com', {}, undefined, ['sip:alice@a.com']],
    ['sip:1000@x.com', { append_branches: 'on' }, undefined, ['sip:alice@a.com', 'sip:bob@b.com']],
    ['sip:1000@B.com', { use_domain: 'on' }, undefined, ['sip:bob@b.com']],
    ['sip:1000@sip.b.com', { use_domain: 'on', domain_prefix: 'sip.' }, undefined, ['sip:bob@b.com']],
    ['sip:1000@x.com', { use_domain: 'on' }, 'd', ['sip:alice@a.com']],
    ['sip:alice@x.com', {}, 'r', ['sip:1000@a.com']],
    ['sip:1000@x.com;transport=tcp', {}, 'u', ['sip:alice@a.com;transport=tcp']],
    ['sip:3000@x.com', {}, undefined, ['sip:carol@x.com']],
    ['sip:2000@x.com', {}, undefined, undefined],
  ] as const)('%s with %j and flags %s', async (uri, params, flags, uris) => {
    const found = await looked(uri, params, flags);
    expect(found.outcome).toBe(uris === undefined ? 'notFound' : 'found');
    expect(found.uris).toEqual(uris ?? [uri]);
  });

  it.each(['sip:9999@a.com', 'sip:a.com', 'tel:1000', 'sip:4000@a.com'])('is not found for %s', async (uri) => {
    expect(await looked(uri)).toMatchObject({ outcome: 'notFound', uris: [uri] });
  });

  it('of a domain counts only there with use_domain', async () => {
    expect((await looked('sip:1000@c.com', { use_domain: 'on' })).outcome).toBe('notFound');
  });

  it('in a table that nobody declared is not found, and said so', async () => {
    const { outcome, log } = await looked('sip:1000@a.com', {}, undefined, 'aliases');
    expect(outcome).toBe('notFound');
    expect(log[0]).toMatchObject({ level: 'error', fields: { table: 'aliases' } });
  });

  it('declares the numbers that kamailio.cfg sees', () => {
    expect(alias_db.decl.functions.lookup.returns).toEqual({ found: 1, notFound: -1 });
  });
});
