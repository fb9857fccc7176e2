/** Parsing an INVITE: viaduct against the npm package `sip`, in turn, in one process. */
import { createRequire } from 'node:module';
import { parseMessage } from '../../src/sip/parse.ts';
import { judge } from '../../src/sip/verdict.ts';
import { compare, type Contender } from './micro.ts';
import { type Result, round } from './result.ts';
import { inviteBytes } from './invite.ts';

interface SipPackage {
  readonly parse: (text: string) => unknown;
}

export function benchParse(quick: boolean): Result {
  const sip: SipPackage = createRequire(import.meta.url)('sip');
  const bytes = inviteBytes();
  const parsed = (): unknown => {
    const result = parseMessage(bytes);
    if (result.kind === 'malformed') throw new Error(result.text);
    return result.message;
  };
  const read = (): unknown => {
    const result = parseMessage(bytes);
    if (result.kind !== 'request' || judge(result.message).kind !== 'ok') throw new Error('the INVITE is not accepted');
    return result.message.callId;
  };
  const contenders: readonly Contender[] = [
    { name: 'npm sip', run: () => sip.parse(bytes.toString('latin1')) },
    { name: 'viaduct, indexed', run: parsed },
    { name: 'viaduct, judged', run: read },
  ];
  const speed = compare(contenders, quick ? 5 : 9);
  const ratio = (name: string): number => (speed.get(name) ?? 0) / (speed.get('npm sip') ?? 1);
  return {
    bench: 'parse',
    rows: contenders.map(({ name }) => ({
      name,
      values: { 'messages/s': Math.round(speed.get(name) ?? 0), ratio: round(ratio(name), 1) },
    })),
    goals: [{ what: 'parsing against npm sip', value: ratio('viaduct, indexed'), limit: 10, is: 'at least' }],
    remarks: [
      'judged: with all that the driver reads of every request (Via, From, To, CSeq, Request-URI, Max-Forwards)',
    ],
  };
}
