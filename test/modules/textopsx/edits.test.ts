/** textopsx: headers and body lines edited where a walk stands, and whole lines of headers. */
import { describe, expect, it } from 'vitest';
import { MAX_LINES } from '../../../src/modules/textopsx/body-lines.ts';
import { textopsx } from '../../../src/modules/textopsx/textopsx.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([textopsx]);
const fn = rig.modules.textopsx;

describe('a line of a header', () => {
  const headers = ['X-A: old1, old2;p=1', 'X-A: second', 'X-C: Digest username="al", realm="r", nonce="n"'];

  it('is replaced and removed as a whole', () => {
    const ctx = rig.request(written({ headers }));
    expect(fn.assignHfValue2(ctx, 'X-A', 'new')).toBe('done');
    expect(fn.removeHfValue2(ctx, 'X-A[2]')).toBe('done');
    expect(ctx.message.headers.getAll('X-A')).toEqual(['new']);
    expect(fn.removeHfValue2(ctx, 'X-A[-1]')).toBe('done');
    expect([fn.removeHfValue2(ctx, 'X-A'), fn.assignHfValue2(ctx, 'X-A', 'x')]).toEqual(['absent', 'absent']);
  });

  it('has parameters that commas separate', () => {
    const ctx = rig.request(written({ headers }));
    expect(fn.assignHfValue2(ctx, 'X-C.realm', '"other"')).toBe('done');
    expect(fn.assignHfValue2(ctx, 'X-C.opaque', 'o')).toBe('done');
    expect(fn.removeHfValue2(ctx, 'X-C.nonce')).toBe('done');
    expect(ctx.message.headers.get('X-C')).toBe('Digest username="al", realm="other", opaque=o');
    expect(fn.removeHfValue2(ctx, 'X-C.none')).toBe('absent');
    expect([fn.assignHfValue2(ctx, 'X-C[*]', 'x'), fn.assignHfValue2(ctx, ' ', 'x')]).toEqual([
      'malformed',
      'malformed',
    ]);
  });
});

describe('a walk over headers', () => {
  it('adds before and behind where it stands, and nowhere else', () => {
    const ctx = rig.request(written({ headers: ['X-D: 1', 'X-E: mark', 'X-G: 2'] }));
    expect(fn.hfIteratorAppend(ctx, 'w', 'X-F: 0')).toBe('nothing');
    fn.hfIteratorStart(ctx, 'w');
    while (fn.hfIteratorNext(ctx, 'w')) {
      if (rig.read(ctx, 'hfitname', 'w') !== 'X-E') continue;
      expect(fn.hfIteratorAppend(ctx, 'w', ['X-F: behind', 'X-F: further'])).toBe('added');
      expect(fn.hfIteratorInsert(ctx, 'w', 'X-F: before')).toBe('added');
      expect(fn.hfIteratorAppend(ctx, 'w', 'no header')).toBe('nothing');
      expect(fn.hfIteratorInsert(ctx, 'w', [])).toBe('nothing');
    }
    const names = [...ctx.message.headers.fields()].map(({ name, value }) => `${name}: ${value}`);
    expect(names.filter((line) => line.startsWith('X-'))).toEqual([
      'X-D: 1',
      'X-F: before',
      'X-E: mark',
      'X-F: behind',
      'X-F: further',
      'X-G: 2',
    ]);
  });

  it('adds nothing beside a header that is gone', () => {
    const ctx = rig.request(written({ headers: ['X-E: mark'] }));
    fn.hfIteratorStart(ctx, 'w');
    fn.hfIteratorNext(ctx, 'w');
    fn.hfIteratorRm(ctx, 'w');
    expect(fn.hfIteratorAppend(ctx, 'w', 'X-F: 1')).toBe('nothing');
  });
});

describe('a walk over the lines of a body', () => {
  it('adds and removes where it stands', () => {
    const ctx = rig.request(written({ body: 'one\r\ntwo\r\nthree' }));
    expect(fn.blIteratorRm(ctx, 'b')).toBe('nothing');
    fn.blIteratorStart(ctx, 'b');
    fn.blIteratorNext(ctx, 'b');
    expect(fn.blIteratorInsert(ctx, 'b', 'zero\r\n')).toBe('added');
    fn.blIteratorNext(ctx, 'b');
    expect([fn.blIteratorRm(ctx, 'b'), fn.blIteratorRm(ctx, 'b')]).toEqual(['removed', 'nothing']);
    expect(fn.blIteratorAppend(ctx, 'b', 'half\r\n')).toBe('added');
    expect(ctx.message.body).toBe('zero\r\none\r\nhalf\r\nthree');
  });

  it('keeps what is behind the lines that it sees', () => {
    const body = 'x\n'.repeat(MAX_LINES + 2);
    const ctx = rig.request(written({ body }));
    fn.blIteratorStart(ctx, 'b');
    let seen = 0;
    while (fn.blIteratorNext(ctx, 'b')) seen++;
    expect(seen).toBe(MAX_LINES);
    fn.blIteratorStart(ctx, 'b');
    fn.blIteratorNext(ctx, 'b');
    fn.blIteratorRm(ctx, 'b');
    expect(ctx.message.body).toBe('x\n'.repeat(MAX_LINES + 1));
  });
});

it('a reply gets another status of its class and keeps its reason', () => {
  const reply = rig.reply(
    'SIP/2.0 486 Busy\r\nVia: SIP/2.0/UDP 10.0.0.10;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n',
  );
  expect(fn.changeReplyStatusCode(reply, 603)).toBe('refused');
  expect(fn.changeReplyStatusCode(reply, 480)).toBe('changed');
  expect([reply.message.status, reply.message.reason]).toEqual([480, 'Busy']);
});
