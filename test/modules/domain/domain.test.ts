/** Whose domains we serve, with their attributes, and what a reload changes. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { domain } from '../../../src/modules/domain/domain.ts';
import { Simulator, simulateProxy } from '../../../src/testing.ts';
import { rigOf, written } from '../../support/contexts.ts';

const DOMAINS = `domain
id(int,auto) domain(string) did(string,null)
1:Example.com:7
2:b.org:
`;
const ATTRIBUTES = `domain_attrs
id(int,auto) did(string) name(string) type(int) value(string)
1:7:limit:0:42
2:7:owner:2:ann
3:b.org:owner:2:7
`;

const rig = () => rigOf([use(db_text, { memory: [DOMAINS, ATTRIBUTES] }), domain]);

describe('a domain of ours', () => {
  it('is known in From, in the Request-URI and by name, whatever its case', async () => {
    const { modules, request } = await rig();
    const ctx = request(written({ uri: 'sip:x@B.ORG' }));
    expect(modules.domain.isFromLocal(ctx)).toBe(true);
    expect(modules.domain.isUriHostLocal(ctx)).toBe(true);
    expect(modules.domain.isDomainLocal(ctx, 'EXAMPLE.COM')).toBe(true);
    expect(modules.domain.isDomainLocal(ctx, 'c.net')).toBe(false);
    const foreign = request(written({ uri: 'sip:x@c.net' }).replaceAll('alice@example.com', 'alice@d.net'));
    expect(modules.domain.isFromLocal(foreign)).toBe(false);
    expect(modules.domain.isUriHostLocal(foreign)).toBe(false);
    expect(foreign.state.avps.size).toBe(0);
    expect(modules.domain.isUriHostLocal(request(written({ uri: 'tel:123' })))).toBe(false);
  });

  it('brings its id and its attributes as AVPs', async () => {
    const { modules, request } = await rig();
    const ctx = request(written());
    expect(modules.domain.lookupDomain(ctx, 'example.com')).toBe('found');
    expect(Object.fromEntries(ctx.state.avps)).toEqual({ did: ['7'], limit: [42], owner: ['ann'] });
    expect(modules.domain.lookupDomain(ctx, 'b.org', 'to_')).toBe('found');
    expect(ctx.state.avps.get('to_did')).toEqual(['b.org']);
    expect(ctx.state.avps.get('to_owner')).toEqual(['7']);
    expect(modules.domain.lookupDomain(ctx, 'c.net')).toBe('notFound');
  });
});

it('domain.reload reads the files again, domain.dump shows them', async () => {
  const sim = new Simulator();
  sim.files.set('/db/domain', 'domain(string) did(string,null)\na.com:1\n');
  const listed = [use(db_text, { default_connection: 'text:///db' }), use(domain, { load_attrs: 'off' })];
  const proxy = await simulateProxy(
    sim,
    defineRoutes(listed, () => ({ request: () => undefined })),
    {
      listen: ['udp:10.0.0.1:5060'],
    },
  );
  const call = (name: string): unknown => proxy.program.rpc.get(name)?.([]);
  expect(call('domain.dump')).toEqual({ domains: [{ domain: 'a.com', did: '1', attrs: [] }] });
  sim.files.set('/db/domain', 'domain(string) did(string,null)\nb.com:\n');
  await call('domain.reload');
  expect(call('domain.dump')).toEqual({ domains: [{ domain: 'b.com', did: 'b.com', attrs: [] }] });
  sim.files.set('/db/domain', 'nonsense');
  await expect(call('db_text.reload')).rejects.toThrow('/db/domain:1:');
  expect(call('domain.dump')).toEqual({ domains: [{ domain: 'b.com', did: 'b.com', attrs: [] }] });
});

it('a table that cannot be read stops the start', async () => {
  const sim = new Simulator();
  const routes = defineRoutes([db_text, use(domain, { db_url: 'text:///nowhere' })], () => ({
    request: () => undefined,
  }));
  const started = simulateProxy(sim, routes, { listen: ['udp:10.0.0.1:5060'] });
  await expect(started).rejects.toThrow('cannot read the table /nowhere/domain');
});

it('a memory table with a fault stops the loading, and says where', async () => {
  const failure = rigOf([use(db_text, { memory: 'domain\ndomain(string)\na.com\nb:c\n' })]);
  await expect(failure).rejects.toThrow('db_text.memory, table domain, line 4: 2 values for 1 columns');
});

describe('register_myself', () => {
  const own = async (register_myself: 'on' | 'off') => {
    const sim = new Simulator({ seed: 1 });
    const program = defineRoutes([use(db_text, { memory: [DOMAINS] }), use(domain, { register_myself })], () => ({
      request: () => undefined,
    }));
    return { sim, program, proxy: await simulateProxy(sim, program, { listen: ['udp:10.0.0.1:5060'] }) };
  };

  it.each([
    ['on', true],
    ['off', false],
  ] as const)('%s: a domain of the table names ourselves: %s', async (given, isOurs) => {
    const { proxy } = await own(given);
    expect(proxy.engine.transport.isLocal('example.com')).toBe(isOurs);
    expect(proxy.engine.transport.isLocal('c.net')).toBe(false);
  });

  it('ends with its program', async () => {
    const { proxy } = await own('on');
    await proxy.reload(defineRoutes([], () => ({ request: () => undefined })));
    expect(proxy.engine.transport.isLocal('example.com')).toBe(false);
  });
});
