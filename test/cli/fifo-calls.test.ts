/** Calls as kamctl writes them into a FIFO. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FifoCalls, MAX_CALL_CHARS, replyName } from '../../src/cli/fifo-calls.ts';

const call = (id: number): string => `{"jsonrpc": "2.0", "method": "core.echo", "reply_name": "r", "id": ${id}}`;

it('cuts calls wherever the pieces end', () => {
  const text = `${call(1)}\n${call(2).replaceAll(', ', ',\n')}\n${call(3)}\n`;
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const calls = new FifoCalls();
      const found = places.flatMap((place, at) => calls.take(text.slice(place, places[at + 1] ?? place)));
      expect(found.map((one) => JSON.parse(one).id)).toEqual([1, 2, 3]);
    }),
    { numRuns: 50 },
  );
});

it('finds the next call after what is none', () => {
  const calls = new FifoCalls();
  expect(calls.take('{"jsonrpc": "2.0",\nwhat\n')).toEqual([]);
  expect(calls.take(`${call(1)}\n`)).toEqual([call(1)]);
  expect(calls.take('7\n"}"\n[1]\n')).toEqual([]);
  expect(calls.take(`${call(2)}\n`)).toEqual([call(2)]);
});

it('holds a call of the largest size, and forgets a larger one', () => {
  const padded = (length: number): string => `{"a": "${'x'.repeat(length - 9)}"}`;
  const calls = new FifoCalls();
  expect(calls.take(`${padded(MAX_CALL_CHARS)}\n`)).toEqual([padded(MAX_CALL_CHARS)]);
  expect(calls.take(`${padded(MAX_CALL_CHARS + 1)}\n`)).toEqual([]);
  expect(calls.take(`${call(1)}\n`)).toEqual([call(1)]);
  calls.take('x'.repeat(MAX_CALL_CHARS + 1));
  expect(calls.take(`${call(1)}\n`)).toEqual([call(1)]);
  for (let line = 0; line < 10; line++) calls.take(`${'x'.repeat(MAX_CALL_CHARS / 10 + 1)}\n`);
  expect(calls.take(`${call(2)}\n`)).toEqual([call(2)]);
});

it.each([
  ['kamailio_receiver_4711', 'kamailio_receiver_4711'],
  ['a'.repeat(128), 'a'.repeat(128)],
  ['a'.repeat(129), undefined],
  ['../etc/passwd', undefined],
  ['a/b', undefined],
  ['.hidden', undefined],
  ['', undefined],
  [7, undefined],
])('reply_name %j is the file %j', (name, file) => {
  expect(replyName(JSON.stringify({ reply_name: name }))).toBe(file);
});
