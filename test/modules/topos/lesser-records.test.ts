/** Records of INVITEs that ring and of dialogs without keys: read as they were written, whole or not at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dialog } from '../../../src/modules/topos/dialog.ts';
import { invitePlace, keylessPlace } from '../../../src/modules/topos/places.ts';
import { keylessText, MAX_KEYLESS, readKeyless } from '../../../src/modules/topos/record.ts';
import { invitesText, MAX_SENT, readInvites, type SentInvite } from '../../../src/modules/topos/sent-invite.ts';
import { parseVia } from '../../../src/sip/via.ts';

const text = fc.stringMatching(/^[ -~\x80-\xff]{1,20}$/);
const invite: fc.Arbitrary<SentInvite> = fc.record({
  uri: fc.stringMatching(/^sips?:[!-;=?-~\x80-\xff]{1,20}$/),
  ...{ via: text, from: text, to: text, callId: text, address: fc.oneof(fc.ipV4(), fc.ipV6()) },
  routes: fc.array(text, { maxLength: 3 }),
  transport: fc.constantFrom('udp', 'tcp', 'tls', 'ws', 'wss'),
  port: fc.integer({ min: 1, max: 65_535 }),
});
const sample = fc.sample(invite, { numRuns: 1, seed: 1 })[0];
const dialogs = (count: number): readonly Dialog[] =>
  Array.from({ length: count }, (_, i) => {
    const a = { contact: 'sip:a@h', routes: [], connection: 0 };
    return new Dialog({ id: `i${i}`, callId: 'c', method: 'INVITE', aTag: `t${i}`, ownRoutes: [], a });
  });

describe('a record of an INVITE that rings', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(invite, { minLength: 1, maxLength: 3 }), (sent) => {
        expect(readInvites(invitesText(sent, 'me'))).toEqual({ owner: 'me', value: sent });
      }),
    );
  });

  it('is nothing without any one of its fields, or with a line end in one', () => {
    if (sample === undefined) throw new Error('no sample');
    const record: readonly [number, string, readonly [readonly unknown[]]] = JSON.parse(invitesText([sample], 'me'));
    const [form, owner, [fields]] = record;
    for (const at of fields.keys()) {
      const without = fields.filter((_, place) => place !== at);
      for (const bad of ['sip:a\r\nX: y', null]) {
        const spoilt = fields.map((value, place) => (place === at ? bad : value));
        for (const one of [without, spoilt]) expect(readInvites(JSON.stringify([form, owner, [one]]))).toBeUndefined();
      }
    }
    expect(readInvites(JSON.stringify(record))).toBeDefined();
    expect(readInvites(JSON.stringify([form, null, [fields]]))).toBeUndefined();
    expect(readInvites(JSON.stringify([form - 1, owner, [fields]]))).toBeUndefined();
    expect(readInvites(invitesText([], 'me'))).toBeUndefined();
  });

  it.each([
    ['address', 'a.example'],
    ['address', ''],
    ['port', 0],
    ['port', 65_536],
    ['port', 1.5],
    ['port', '5060'],
  ])('is nothing where nobody can be sent to: its %s is %j', (field, bad) => {
    if (sample === undefined) throw new Error('no sample');
    const text = invitesText([Object.assign({ ...sample }, { [field]: bad })], 'me');
    expect(readInvites(text)).toBeUndefined();
  });

  it('has no more branches than its limit', () => {
    if (sample === undefined) throw new Error('no sample');
    const many = Array.from({ length: MAX_SENT + 1 }, () => sample);
    expect(readInvites(invitesText(many, 'me'))?.value).toHaveLength(MAX_SENT);
    const text = invitesText([sample], 'me');
    const one = text.slice(text.indexOf('[['), -1);
    const more = `[${many.map(() => one.slice(1, -1)).join(',')}]`;
    expect(readInvites(text.replace(one, () => `[${one.slice(1, -1)}]`))).toBeDefined();
    expect(readInvites(text.replace(one, () => more))).toBeUndefined();
  });

  it('has a key of its own for each transaction of a caller', () => {
    const place = (via: string, number: number): string => {
      const parsed = parseVia(via);
      if (parsed === undefined) throw new Error('no Via');
      return invitePlace('c', parsed, number);
    };
    const via = 'SIP/2.0/UDP Host:5060;branch=z9hG4bKa';
    expect(place(via, 1)).toMatch(/^topos:i:\{c\}:[\da-z]{14}$/);
    expect(place(`${via};received=10.0.0.1;rport=7`.replace('Host', 'host'), 1)).toBe(place(via, 1));
    const others = [place(via, 2), place(via.replace('5060', '5070'), 1), place(`${via}b`, 1)];
    expect(new Set([place(via, 1), ...others]).size).toBe(4);
  });
});

describe('a record of dialogs without keys', () => {
  it('is read as it was written, up to its limit', () => {
    const read = readKeyless(keylessText(dialogs(MAX_KEYLESS + 1), 'me'));
    expect(read?.value).toHaveLength(MAX_KEYLESS);
    expect(read?.value[1]).toEqual({ id: 'i1', aTag: 't1' });
    expect(keylessPlace('c')).toBe('topos:n:{c}');
  });

  it('is nothing in any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (given) => {
        expect([readKeyless(given), readInvites(given)]).toEqual([undefined, undefined]);
      }),
    );
    const whole = keylessText(dialogs(1), 'me');
    expect(readKeyless(whole)).toBeDefined();
    const one = '["i0","t0"]';
    const many = Array.from({ length: MAX_KEYLESS + 1 }, () => one).join(',');
    for (const bad of ['["i"]', '[1,"t"]', '1', '{}', many]) {
      expect(readKeyless(whole.replace(one, () => bad))).toBeUndefined();
    }
  });
});
