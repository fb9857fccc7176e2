/** Logging in with credentials from a table: challenge and answer over the wire, and what the table may hold. */
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/engine/context.ts';
import { use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import type { ParamInputs } from '../../../src/engine/spec.ts';
import { auth } from '../../../src/modules/auth/auth.ts';
import { auth_db } from '../../../src/modules/auth_db/auth_db.ts';
import { parseLoads } from '../../../src/modules/auth_db/subscribers.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { ha1 } from '../../../src/sip/digest.ts';
import { ScriptedUa, Simulator, simulateProxy } from '../../../src/testing.ts';
import { rigOf, written } from '../../support/contexts.ts';

type Params = ParamInputs<(typeof auth_db)['decl']['params']>;

const hash = (user: string, realm: string, password: string): string => ha1('MD5', user, realm, password);

const PLAIN = 'username(string) domain(string) password(string) rpid(string,null) mail(string,null)';
const PASSWORDS = `subscriber
${PLAIN}
alice:example.com:secret:1000:a@x
alice:other.com:different::
`;
const HASHES = `subscriber
username(string) domain(string) ha1(string) ha1b(string)
alice:example.com:${hash('alice', 'example.com', 'secret')}:${hash('alice@example.com', 'example.com', 'secret')}
bob:example.com:nonsense:x
`;

interface Login {
  readonly memory?: string | readonly string[];
  readonly params?: Params;
  readonly user?: string;
  readonly password?: string;
  readonly table?: string;
  readonly realm?: string;
}

/** One REGISTER with its challenge; gives the outcome of each check, and the AVPs after the last one. */
async function logIn({ memory = PASSWORDS, params = {}, user = 'alice', password = 'secret', table, realm }: Login) {
  const sim = new Simulator();
  const outcomes: string[] = [];
  const seen: RequestContext[] = [];
  const log: string[] = [];
  const listed = [use(db_text, { memory }), auth, use(auth_db, params)] as const;
  const routes = defineRoutes(listed, (modules) => ({
    request(ctx) {
      const outcome = modules.auth.wwwAuthenticate(ctx, realm ?? 'example.com', table);
      outcomes.push(outcome);
      seen.push(ctx);
      if (outcome !== 'ok') modules.auth.wwwChallenge(ctx, { realm: realm ?? 'example.com' });
      return outcome;
    },
  }));
  await simulateProxy(sim, routes, {
    listen: ['udp:10.0.0.10:5060'],
    log: { write: (_, message) => log.push(message) },
  });
  const phone = await ScriptedUa.start({
    world: sim.host('10.0.0.1'),
    local: { address: '10.0.0.1', port: 5060 },
    ...{ user, password, domain: 'example.com', proxy: { address: '10.0.0.10', port: 5060 }, auto: true },
  });
  phone.register();
  await sim.runFor(1000);
  return { outcomes, avps: Object.fromEntries(seen.at(-1)?.state.avps ?? []), log };
}

const passwords = { calculate_ha1: 'on', password_column: 'password' } as const;

describe('a user of the table', () => {
  it.each<readonly [string, Login, string]>([
    ['with a password', { params: passwords }, 'ok'],
    ['with the table named', { params: passwords, table: 'subscriber' }, 'ok'],
    ['with a hash', { memory: HASHES }, 'ok'],
    ['with a hash and a name that has the domain', { memory: HASHES, user: 'alice@example.com' }, 'ok'],
    ['with a password and a name that has the domain', { params: passwords, user: 'alice@example.com' }, 'ok'],
    ['in the domain of the realm', { params: { ...passwords, use_domain: 'on' } }, 'ok'],
    [
      'in another domain by his name',
      { params: { ...passwords, use_domain: 'on' }, user: 'alice@other.com', password: 'different' },
      'ok',
    ],
    ['in another domain', { params: { ...passwords, use_domain: 'on' }, realm: 'other.com' }, 'wrongPassword'],
    ['in no domain', { params: { ...passwords, use_domain: 'on' }, realm: 'third.com' }, 'unknownUser'],
    ['with another password', { params: passwords, password: 'x' }, 'wrongPassword'],
    ['with a hash that is none', { memory: HASHES, user: 'bob' }, 'wrongPassword'],
    ['who is not there', { params: passwords, user: 'carol' }, 'unknownUser'],
    ['in a table that is not declared', { params: passwords, table: 'others' }, 'unknownUser'],
    [
      'in another declared table',
      {
        memory: PASSWORDS.replace('subscriber', 'others'),
        params: { ...passwords, tables: ['subscriber', 'others'] },
        table: 'others',
      },
      'ok',
    ],
  ])('%s', async (_, login, outcome) => {
    expect((await logIn(login)).outcomes).toEqual(['noCredentials', outcome]);
  });

  it('brings columns as AVPs when he has logged in', async () => {
    const loads = { ...passwords, load_credentials: 'rpid;$avp(s:email)=mail' };
    expect((await logIn({ params: loads })).avps).toMatchObject({
      auth_user: ['alice'],
      rpid: ['1000'],
      email: ['a@x'],
    });
    const wrong = await logIn({ params: loads, password: 'x' });
    expect(wrong.avps).toEqual({});
  });

  it('of an undeclared table: the log says what to do', async () => {
    const { log } = await logIn({ params: passwords, table: 'others' });
    expect(log).toContainEqual(expect.stringContaining('a route names a table that auth_db.tables does not have'));
    expect(log).not.toContainEqual(expect.stringContaining('there are no credentials'));
  });
});

describe('is_subscriber', () => {
  it.each([
    ['sip:alice@example.com', 0, true],
    ['sip:alice@nowhere.com', 0, true],
    ['sip:alice@nowhere.com', 1, false],
    ['sip:alice@Other.com', 1, true],
    ['sip:%61lice@other.com', 1, true],
    ['sip:carol@example.com', 0, false],
    ['sip:example.com', 0, false],
    ['nonsense', 0, false],
  ])('%s with flags %i: %s', async (uri, flags, answer) => {
    const { modules, request } = await rigOf([use(db_text, { memory: PASSWORDS }), auth, auth_db]);
    expect(modules.auth_db.isSubscriber(request(written()), uri, 'subscriber', flags)).toBe(answer);
  });
});

describe('load_credentials', () => {
  it.each([
    ['', []],
    ['rpid', [{ avp: 'rpid', column: 'rpid' }]],
    [
      '$avp(a)=b; c',
      [
        { avp: 'a', column: 'b' },
        { avp: 'c', column: 'c' },
      ],
    ],
    ['$avp(i:5)=b', [{ avp: '5', column: 'b' }]],
    ['$avp(a)', [{ avp: 'a', column: 'a' }]],
    ['a=b', undefined],
    ['$avp(a)=', undefined],
  ])('%j', (text, loads) => {
    expect(parseLoads(text)).toEqual(loads);
  });

  it('that cannot be read stops the loading', async () => {
    await expect(rigOf([db_text, auth, use(auth_db, { load_credentials: 'a=b' })])).rejects.toThrow('load_credentials');
  });
});

it('needs auth and db_text, and says so', async () => {
  await expect(rigOf([auth_db])).rejects.toThrow('auth_db needs the module auth');
  await expect(rigOf([auth, auth_db])).rejects.toThrow('auth_db needs the module db_text');
});
