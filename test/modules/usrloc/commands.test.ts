/** `ul.*` with the answers and refusals that Kamailio 5.6.3 gave (JSON-RPC, db_mode 0). */
import { describe, expect, it } from 'vitest';
import { aorHash } from '../../../src/modules/usrloc/aor-hash.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { use } from '../../../src/engine/module.ts';
import { usrloc } from '../../../src/modules/usrloc/usrloc.ts';
import { rigOf } from '../../support/contexts.ts';
import { desk } from '../registrar/desk.ts';

const refusal = (code: number, message: string) => expect.objectContaining({ status: code, message });

describe('the commands of usrloc', () => {
  it('show a contact with all that is known of it', async () => {
    const { ask, rpc } = await desk();
    await ask(['Contact: <sip:alice@10.0.0.2:5060>', 'Supported: path'], { cseq: 1 });
    const contact = {
      ...{ Address: 'sip:alice@10.0.0.2:5060', Expires: 3600, Q: -1, 'Call-ID': 'c1', CSeq: 1, 'User-Agent': 'n/a' },
      ...{ Received: '[not set]', Path: '[not set]', State: 'CS_NEW', Flags: 0, CFlags: 0 },
      ...{ Socket: 'udp:10.0.0.10:5060', Methods: 4294967295, Instance: '[not set]', 'Reg-Id': 0, 'Server-Id': 0 },
      ...{ 'Tcpconn-Id': -1, Keepalive: 0, 'KA-Roundtrip': 0 },
      Ruid: expect.stringMatching(/^uloc-[0-9a-f]+-[0-9a-f]+-1$/),
      'Last-Keepalive': expect.any(Number),
      'Last-Modified': expect.any(Number),
    };
    const info = { AoR: 'alice', HashID: 1834153949, Contacts: [{ Contact: contact }] };
    const stats = { Records: 1, 'Max-Slots': 1 };
    expect(rpc('ul.dump')).toEqual({
      Domains: [{ Domain: { Domain: 'location', Size: 1024, AoRs: [{ Info: info }], Stats: stats } }],
    });
    expect(rpc('ul.dump', 'brief')).toEqual({
      Domains: [{ Domain: { Domain: 'location', Size: 1024, AoRs: [{ AoR: 'alice' }], Stats: stats } }],
    });
    const found = { AoR: 'alice', Contacts: [{ Contact: contact }] };
    expect(rpc('ul.lookup', 'location', 'alice')).toEqual(found);
    expect(rpc('ul.lookup', 'location', 'ALICE@example.com')).toEqual(found);
    expect(Object.keys(contact)).toHaveLength(22);
  });

  it('add contacts for ever or for a time, find and remove them', async () => {
    const { ask, rpc, sim } = await desk();
    await ask([]);
    const bob = ['location', 'bob@example.com', 'sip:bob@1.2.3.4'] as const;
    expect(rpc('ul.add', ...bob, 3600, 1, '0', 0, 0, 4294967295)).toEqual({});
    expect(rpc('ul.add', ...bob, 0, 0.5, '<sip:p;lr>', 0, 64, 16383)).toEqual({});
    expect(rpc('ul.add', 'location', 'bob', 'sip:bob2@1.2.3.4', 60, 0.3, '0', 0, 0, 1)).toEqual({});
    expect(rpc('ul.lookup', 'location', 'bob')).toMatchObject({
      AoR: 'bob',
      Contacts: [
        {
          Contact: {
            ...{
              Address: 'sip:bob@1.2.3.4',
              Expires: 'permanent',
              Q: 0.5,
              Path: '<sip:p;lr>',
              CFlags: 64,
              Methods: 16383,
            },
            ...{ 'Call-ID': 'dfjrewr12386fd6-343@kamailio.rpc', CSeq: 1, Socket: '[not set]' },
            'User-Agent': 'kamailio SIP Router - RPC Server',
          },
        },
        { Contact: { Address: 'sip:bob2@1.2.3.4', Expires: 60, Q: 0.3 } },
      ],
    });
    const [, shown] = await ask([], { to: '<sip:bob@h>' });
    expect(shown).toBe('Contact: <sip:bob@1.2.3.4>;q=0.5;expires=4294967295, <sip:bob2@1.2.3.4>;q=0.3;expires=60');
    await sim.runFor(60_000);
    expect(await ask([], { to: '<sip:bob@h>' })).toHaveLength(2);
    expect(rpc('ul.rm_contact', ...bob)).toEqual({});
    expect(() => rpc('ul.lookup', 'location', 'bob')).toThrow('AOR not found in location table');
    expect(rpc('ul.rm', 'location', 'bob')).toEqual({});
    expect(rpc('ul.flush')).toEqual({});
  });

  it.each<readonly [string, readonly (string | number)[], number, string]>([
    ['ul.lookup', ['location', 'nobody'], 500, 'AOR not found in location table'],
    ['ul.lookup', ['loc', 'bob'], 500, 'Domain table not found'],
    ['ul.lookup', ['location'], 500, 'Not enough parameters (table and AOR to lookup)'],
    ['ul.rm', ['loc', 'bob'], 500, 'Domain table not found'],
    ['ul.rm', ['location'], 500, 'Not enough parameters (table and AOR to lookup)'],
    ['ul.rm_contact', ['location', 'nobody', 'sip:x@h'], 404, 'AOR not found'],
    ['ul.rm_contact', ['location', 'alice', 'sip:x@h'], 404, 'Contact not found'],
    ['ul.rm_contact', ['location'], 500, 'Not enough parameters (table, AOR and contact)'],
    ['ul.add', ['location', 'x'], 500, 'Not enough parameters or wrong format'],
    ['ul.add', ['location', 'x', 'sip:x@h', 'soon', 1, '0', 0, 0, 0], 500, 'Not enough parameters or wrong format'],
    ['ul.db_users', ['location'], 500, 'Command is not supported in db_mode=0'],
    ['ul.db_contacts', ['location'], 500, 'Command is not supported in db_mode=0'],
    ['ul.db_expired_contacts', ['location'], 500, 'Command is not supported in db_mode=0'],
  ])('%s %j is refused', async (command, params, code, message) => {
    const { ask, rpc } = await desk();
    await ask(['Contact: <sip:a@h>']);
    expect(() => rpc(command, ...params)).toThrow(refusal(code, message));
  });

  it('want a domain in addresses of record when users have one', async () => {
    const { ask, rpc } = await desk({ usrloc: { use_domain: 'on' } });
    await ask(['Contact: <sip:a@h>'], { to: '<sip:ALICE@EXAMPLE.com>' });
    expect(rpc('ul.lookup', 'location', 'Alice@Example.com')).toMatchObject({ AoR: 'alice@example.com' });
    expect(() => rpc('ul.lookup', 'location', 'alice')).toThrow('Domain missing in AOR');
  });
});

it.each([
  ['alice', 1834153949],
  ['+4912345', 1658290385],
  ['', 0],
])('the hash of %j is %i, as in Kamailio', (aor, hash) => {
  expect(aorHash(aor)).toBe(hash);
});

describe('a database', () => {
  it('that is not here is refused with advice, and its URL is not shown', async () => {
    const given = { db_mode: 2, db_url: 'mysql://user:secret@localhost/kamailio' };
    const failure = rigOf([use(usrloc, given)]);
    await expect(failure).rejects.toThrow(/usrloc\.db_mode is 2 with a db_url of mysql.*set db_mode to 0/);
    await expect(failure).rejects.not.toThrow(/secret/);
  });

  it('of Redis is refused when its URL is wrong, without showing it, and where there is no client', async () => {
    const wrong = rigOf([use(usrloc, { db_mode: 1, db_url: 'redis://user:secret@h/x' })]);
    await expect(wrong).rejects.toThrow('usrloc.db_url is not a URL of Redis: the database is a number');
    await expect(wrong).rejects.not.toThrow(/secret/);
    const nowhere = rigOf([use(usrloc, { db_mode: 1, db_url: 'redis://h' })]);
    await expect(nowhere).rejects.toThrow('there is no client for Redis here');
  });

  it('of text is accepted with a warning; without db_mode the URL does not matter', async () => {
    const { log } = await rigOf([db_text, use(usrloc, { db_mode: 1, db_url: 'text:///etc/x' })]);
    expect(log.map(({ message }) => message)).toEqual([expect.stringContaining('db_mode has no effect')]);
    expect((await rigOf([use(usrloc, { db_url: 'mysql://x' })])).log).toEqual([]);
  });
});
