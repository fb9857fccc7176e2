/** Random calls through topology hiding: what the two sides say, and what must hold on the wire whatever they say. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message.ts';
import { buildCancel } from '../../src/sip/reply.ts';
import type { ScriptedUa, Simulator } from '../../src/testing.ts';
import { answerAs, contactUri, parsed } from './topos-parties.ts';
import { BOB, type toposStage } from './topos-stage.ts';

type Scene = Awaited<ReturnType<typeof toposStage>>;

const PROXY = '10.0.0.1';

/** What a side is never to see of the other in Via, Record-Route, Route and Contact. */
const SECRETS: ReadonlyMap<string, RegExp> = new Map([
  ['10.0.0.2', /10\.0\.0\.3|10\.9\.|;d=/],
  ['10.0.0.3', /10\.0\.0\.2|10\.8\.|;up=/],
]);

/** Contacts, most of them as they should be. */
const contacts = fc.constantFrom(...Array<string>(8).fill('one'), 'moved', 'moved', 'none', 'two', 'star', 'broken');
const methods = fc.constantFrom('ACK', 'INVITE', 'UPDATE', 'INFO', 'PRACK', 'BYE', 'NOTIFY', 'OPTIONS', 'REFER');

export const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...['call', 'call', 'ring', 'ring', 'answer', 'answer', 'answer', 'ask', 'ask', 'askBack', 'askBack'],
      ...['reply', 'reply', 'replyBack', 'cancel', 'again', 'wait', 'stranger'],
    ),
    pick: fc.nat(7),
    tag: fc.constantFrom('t1', 't1', 't2'),
    method: methods,
    status: fc.constantFrom(180, 183, 200, 200, 200, 202, 302, 407, 486, 488, 503),
    contact: contacts,
    hops: fc.nat(2),
    brokenRoute: fc.constantFrom(false, false, false, true),
    ms: fc.constantFrom(0, 5, 20, 600, 5_000, 40_000, 200_000),
  }),
  { minLength: 10, maxLength: 30 },
);
export type Step = typeof steps extends fc.Arbitrary<readonly (infer S)[]> ? S : never;

export const network = fc.record({
  loss: fc.constantFrom(0, 0, 0.2),
  duplicate: fc.constantFrom(0, 0.3),
  reorder: fc.constantFrom(0, 0.3),
});

function contactsOf(kind: string, own: string, secret: string): readonly string[] {
  switch (kind) {
    case 'none':
      return [];
    case 'two':
      return [`<${own}>, <sip:second@${secret}>`];
    case 'star':
      return ['*'];
    case 'broken':
      return [`"<sip:broken@${secret}`];
    case 'moved':
      return [`<${own};moved>`];
    default:
      return [`"Name" <${own}>;q=1;+sip.instance="${secret}"`];
  }
}

/** Of the latest ones. */
const cycle = <T>(list: readonly T[], at: number): T | undefined => list.at(-1 - (at % Math.max(list.length, 1)));

/** How it begins, so that there is something to go wrong. */
const OPENING: readonly Partial<Step>[] = [
  { kind: 'call', contact: 'one' },
  { kind: 'ring', contact: 'one', tag: 't1' },
  { kind: 'answer', status: 200, tag: 't1' },
  { kind: 'ask', method: 'ACK' },
];

/** Nobody repeats the same when its transaction is long over. */
const REPEAT_MS = 3_000;

/** Plays the steps; the messages of both sides are as wild as the steps say. */
export class Chaos {
  readonly #scene: Scene;
  readonly #answered = new Set<string | undefined>();
  #calls = 0;
  #last: { readonly ua: ScriptedUa; readonly message: SipMessage; readonly at: number } | undefined = undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async play(all: readonly Step[]): Promise<void> {
    for (const [at, step] of all.entries()) {
      this.#do(OPENING[at] === undefined ? step : { ...step, ...OPENING[at] });
      await this.#scene.sim.runFor(step.kind === 'wait' ? step.ms : 7);
    }
    await this.#scene.sim.runFor(40_000);
  }

  get #now(): number {
    return this.#scene.sim.clock.now();
  }

  #do(step: Step): void {
    const { alice, bob, carol } = this.#scene;
    const replies = alice.inbox.responses().filter(({ toTag }) => toTag !== undefined);
    const requests = bob.received().filter(({ method }) => method !== 'ACK' && method !== 'CANCEL');
    const back = alice.received().filter(({ method }) => method !== 'ACK');
    switch (step.kind) {
      case 'call':
        this.#request(alice, step, { method: step.pick === 7 ? 'SUBSCRIBE' : 'INVITE', uri: BOB, call: ++this.#calls });
        return;
      case 'ring':
      case 'answer':
      case 'reply':
        this.#answer(bob, this.#open(requests, step.pick), {
          ...step,
          status: step.kind === 'ring' ? 180 : step.status,
        });
        return;
      case 'replyBack':
        this.#answer(alice, this.#open(back, step.pick), step);
        return;
      case 'ask':
        this.#within(alice, step, cycle(replies, step.pick % 3));
        return;
      case 'askBack':
        this.#backTo(bob, step, cycle(requests, step.pick % 3));
        return;
      case 'cancel':
        if (this.#last?.message.kind !== 'request' || this.#last.message.method !== 'INVITE') return;
        this.#send(this.#last.ua, buildCancel(this.#last.message));
        return;
      case 'again':
        if (this.#last !== undefined && this.#now - this.#last.at < REPEAT_MS) this.#last.ua.send(this.#last.message);
        return;
      case 'stranger':
        this.#within(carol, step, cycle(replies, step.pick % 3));
        return;
      case 'wait':
        return;
    }
  }

  /** One that has no final reply yet, else any. */
  #open(requests: readonly SipRequest[], pick: number): SipRequest | undefined {
    const open = requests.filter(({ topVia }) => !this.#answered.has(topVia?.branch));
    return cycle(open.length === 0 ? requests : open, pick % 2);
  }

  #within(ua: ScriptedUa, step: Step, reply: SipResponse | undefined): void {
    if (reply === undefined) return;
    const { headers } = reply;
    const dialog = { from: headers.get(H.From), to: headers.get(H.To), callId: reply.callId };
    this.#request(ua, step, { method: step.method, uri: contactUri(reply), ...dialog });
  }

  #backTo(ua: ScriptedUa, step: Step, request: SipRequest | undefined): void {
    if (request === undefined) return;
    const to = request.headers.get(H.To) ?? '';
    const from = to.includes(';tag=') ? to : `${to};tag=${step.tag}`;
    const dialog = { from, to: request.headers.get(H.From), callId: request.callId };
    this.#request(ua, step, { method: step.method, uri: contactUri(request), ...dialog });
  }

  #request(ua: ScriptedUa, step: Step, about: About): void {
    const { address } = ua.local;
    const net = address === '10.0.0.3' ? '10.9' : '10.8';
    const mark = address === '10.0.0.3' ? 'd' : 'up';
    const { method, uri, from, to, callId } = about;
    const made = ua.request(method, uri, {
      callId: callId ?? `call-${about.call}`,
      from: from ?? `<sip:alice@example.com>;tag=a${about.call}`,
      to: to ?? '<sip:bob@example.com>',
      via: { address: '10.0.9.99', port: 9 },
    });
    const { headers } = made;
    headers.remove(H.Contact);
    for (let hop = 0; hop < step.hops; hop++) {
      headers.insertAfter(H.Via, H.Via, `SIP/2.0/UDP ${net}.1.${hop};branch=z9hG4bKhop${hop}`);
      headers.append(H.RecordRoute, step.brokenRoute ? `<sip:${net}.broken` : `<sip:${address};lr;${mark}=${hop}>`);
    }
    for (const value of contactsOf(step.contact, `sip:${mark}@${address}:5060`, `${net}.2.2`)) {
      headers.append(H.Contact, value);
    }
    headers.append('P-SR-XUID', 'atpsh-0-0-0');
    this.#send(ua, made);
  }

  #answer(ua: ScriptedUa, request: SipRequest | undefined, step: Step): void {
    if (request === undefined) return;
    if (step.status >= 200) this.#answered.add(request.topVia?.branch);
    const { address } = ua.local;
    const isB = address === '10.0.0.3';
    const headers = contactsOf(step.contact, `sip:${isB ? 'd' : 'up'}@${address}:5060`, isB ? '10.9.2.2' : '10.8.2.2');
    const route = step.brokenRoute ? 'broken' : `<sip:${address};lr;${isB ? 'd' : 'up'}=0>`;
    const message = answerAs(ua, request, step.status, {
      tag: step.tag,
      headers: [...headers.map((value) => ['Contact', value] as const), ['P-SR-XBranch', 'evil']],
      recordRoutes: Array.from({ length: step.hops }, () => route),
    });
    this.#last = { ua, message, at: this.#now };
  }

  #send(ua: ScriptedUa, message: SipMessage): void {
    this.#last = { ua, message, at: this.#now };
    ua.send(message);
  }
}

interface About {
  readonly method: string;
  readonly uri: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly callId?: string | undefined;
  readonly call?: number;
}

interface Crossed {
  readonly address: string;
  readonly message: SipMessage;
}

/** What the proxy got and what it sent, in order. */
function crossed({ wire }: Simulator): { readonly came: readonly Crossed[]; readonly left: readonly Crossed[] } {
  const came: Crossed[] = [];
  const left: Crossed[] = [];
  for (const entry of wire.entries) {
    if (entry.destination.port !== 5060 || entry.source.port !== 5060) continue;
    const message = parsed(entry);
    if (message === undefined) continue;
    if (entry.kind === 'received' && entry.destination.address === PROXY) {
      came.push({ address: entry.source.address, message });
    } else if (entry.kind === 'sent' && entry.source.address === PROXY) {
      left.push({ address: entry.destination.address, message });
    }
  }
  return { came, left };
}

const viasOf = ({ headers }: SipMessage): readonly string[] => headers.values(H.Via);

/** I1, I2 and I5: every reply has the Vias of its request, every request has ours on top, nothing private is seen. */
export function expectVias(sim: Simulator): void {
  const { came, left } = crossed(sim);
  for (const { address, message } of left) {
    const [top = ''] = viasOf(message);
    expect(message.serialize().toString('latin1')).not.toMatch(/p-sr-/i);
    if (message.kind === 'request') {
      expect(top).toMatch(/^SIP\/2\.0\/UDP 10\.0\.0\.1;branch=z9hG4bK/);
      continue;
    }
    const { callId, cseq } = message;
    const asked = came.some(
      ({ address: from, message: request }) =>
        from === address &&
        request.kind === 'request' &&
        request.callId === callId &&
        request.cseq?.method === cseq?.method &&
        viasAsReceived(request, address).join('\n') === viasOf(message).join('\n'),
    );
    expect(asked, `no request of ${address} has the Vias of\n${message.serialize().toString('latin1')}`).toBe(true);
  }
}

/** RFC 3581, as all agents here ask for it. */
function viasAsReceived(request: SipRequest, address: string): readonly string[] {
  const [top = '', ...below] = viasOf(request);
  return [`${top.replace(/;rport$/, ';rport=5060')};received=${address}`, ...below];
}

/** Neither side sees a Via, Record-Route, Route or Contact of the other. */
export function expectHidden(sim: Simulator): void {
  for (const { address, message } of crossed(sim).left) {
    const secret = SECRETS.get(address);
    if (secret === undefined) continue;
    for (const id of [H.Via, H.RecordRoute, H.Contact]) {
      for (const value of message.headers.getAll(id)) {
        expect(secret.test(value) ? message.serialize().toString('latin1') : '').toBe('');
      }
    }
  }
}

/**
 * I7: as long as nobody refuses or ends a call, what a side is shown of one leg of the other is one key, always the same,
 * or always the real Contact.
 */
export function expectSteadyContacts(sim: Simulator): void {
  const shown = new Map<string, Set<string>>();
  const over = new Set<string | undefined>();
  for (const { address, message } of crossed(sim).left) {
    const isReply = message.kind === 'response';
    const contact = contactUri(message);
    if (isReply ? message.status >= 300 : message.method === 'BYE') over.add(message.callId);
    if (over.has(message.callId)) continue;
    if (contact === 'sip:nobody.invalid' || contact === 'sip:10.0.0.1') continue;
    const other = isReply ? message.toTag : message.fromTag;
    const leg = `${message.callId} ${other} seen by ${address}`;
    const seen = shown.get(leg) ?? new Set();
    seen.add(/[ab]tpsh-[0-9a-f]{32}/.exec(contact)?.[0] ?? 'the real one');
    shown.set(leg, seen);
  }
  for (const [leg, seen] of shown) expect([leg, ...seen]).toHaveLength(2);
}
