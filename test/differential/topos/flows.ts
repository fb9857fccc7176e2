/** The flows T1 to T8: a switch (FS) behind proxy A, a phone (UAC) behind proxy B, and what they do with their call. */
import type { SipRequest } from '../../../src/sip/message.ts';
import { buildReply } from '../../../src/sip/reply.ts';
import { H } from '../../../src/sip/header-names.ts';
import type { ScriptedUa } from '../../../src/testing/user-agent.ts';

export interface Ends {
  readonly fs: ScriptedUa;
  readonly uac: ScriptedUa;
  /** Where each sends what no Route leads elsewhere. */
  readonly proxyOf: (agent: ScriptedUa) => { readonly address: string; readonly port: number };
  /** Ends the Redis of A. */
  readonly killRedis: () => Promise<void>;
  /** How long to wait for a message. */
  readonly hearMs: number;
}

/** How a re-INVITE is answered. */
type Answer = 'accepted' | 'without Contact' | 'refused' | 'never';

export type FlowId = 'T1' | 'T2' | 'T3' | 'T5' | 'T6' | 'T7' | 'T8';

export interface Flow {
  readonly id: FlowId;
  readonly name: string;
  readonly play: (ends: Ends, callId: string) => Promise<void>;
}

/** Who hangs up in the end; each flow is played with both. T4 is T1 with Kamailio as B, which drops. */
export const flows = (ender: 'fs' | 'uac'): readonly Flow[] => [
  {
    id: 'T1',
    name: 'a call comes in, the phone holds and unholds',
    play: (ends, id) =>
      call(ends, id, {
        caller: 'fs',
        ender,
        holds: [
          ['uac', 'accepted'],
          ['uac', 'accepted'],
        ],
      }),
  },
  {
    id: 'T2',
    name: 'a call comes in, the switch holds and unholds',
    play: (ends, id) =>
      call(ends, id, {
        caller: 'fs',
        ender,
        holds: [
          ['fs', 'accepted'],
          ['fs', 'accepted'],
        ],
      }),
  },
  {
    id: 'T3',
    name: 'a call goes out, each side holds and unholds',
    play: (ends, id) =>
      call(ends, id, {
        caller: 'uac',
        ender,
        holds: [
          ['uac', 'accepted'],
          ['uac', 'accepted'],
          ['fs', 'accepted'],
          ['fs', 'accepted'],
        ],
      }),
  },
  {
    id: 'T5',
    name: 'the Redis of A dies between a re-INVITE and its 200',
    play: (ends, id) => call(ends, id, { caller: 'fs', ender, holds: [['uac', 'accepted']], during: ends.killRedis }),
  },
  {
    id: 'T6',
    name: 'the 200 to a re-INVITE has no Contact',
    play: (ends, id) =>
      call(ends, id, {
        caller: 'fs',
        ender,
        holds: [
          ['uac', 'without Contact'],
          ['uac', 'accepted'],
        ],
      }),
  },
  {
    id: 'T7',
    name: 'a re-INVITE gets 488',
    play: (ends, id) =>
      call(ends, id, {
        caller: 'fs',
        ender,
        holds: [
          ['uac', 'refused'],
          ['uac', 'accepted'],
        ],
      }),
  },
  {
    id: 'T8',
    name: 'a re-INVITE is cancelled',
    play: (ends, id) =>
      call(ends, id, {
        caller: 'fs',
        ender,
        holds: [
          ['uac', 'never'],
          ['uac', 'accepted'],
        ],
      }),
  },
];

interface Plan {
  readonly caller: 'fs' | 'uac';
  readonly ender: 'fs' | 'uac';
  readonly holds: readonly (readonly ['fs' | 'uac', Answer])[];
  /** Happens while the first re-INVITE waits for its answer. */
  readonly during?: () => Promise<void>;
}

async function call(ends: Ends, callId: string, { caller, ender, holds, during }: Plan): Promise<void> {
  const from = ends[caller];
  const to = ends[caller === 'fs' ? 'uac' : 'fs'];
  const nth = (count: number): Wanted => ({ callId, count, withinMs: ends.hearMs });
  from.invite(`sip:callee@127.0.0.1:${to.local.port}`, { callId });
  const invite = await hears(to, 'INVITE', nth(1));
  to.reply(invite, 180);
  to.reply(invite, 200);
  await replied(from, 200, 'INVITE', nth(1));
  from.ack2xx(callId);
  await hears(to, 'ACK', nth(1));
  let count = 0;
  for (const [holder, answer] of holds) {
    await hold(ends, { callId, holder, answer, during: count++ === 0 ? during : undefined });
  }
  const hanging = ends[ender];
  const hung = ends[ender === 'fs' ? 'uac' : 'fs'];
  hanging.bye(callId);
  hung.reply(await hears(hung, 'BYE', nth(1)), 200);
  await replied(hanging, 200, 'BYE', nth(1));
}

interface Hold {
  readonly callId: string;
  readonly holder: 'fs' | 'uac';
  readonly answer: Answer;
  readonly during: (() => Promise<void>) | undefined;
}

async function hold(ends: Ends, { callId, holder, answer, during }: Hold): Promise<void> {
  const nth = (count: number): Wanted => ({ callId, count, withinMs: ends.hearMs });
  const asks = ends[holder];
  const answers = ends[holder === 'fs' ? 'uac' : 'fs'];
  const invites = ofCall(answers.received('INVITE'), callId).length;
  const acks = ofCall(answers.received('ACK'), callId).length;
  const oks = ofCall(asks.receivedStatus(200, 'INVITE'), callId).length;
  const again = asks.inDialog('INVITE', { callId, body: 'v=0\r\n', contentType: 'application/sdp' });
  const invite = await hears(answers, 'INVITE', nth(invites + 1));
  await during?.();
  switch (answer) {
    case 'accepted':
      answers.reply(invite, 200);
      break;
    case 'without Contact':
      answers.send(bare200(invite), ends.proxyOf(answers));
      break;
    case 'refused': {
      answers.reply(invite, 488);
      const [refusal] = await replied(asks, 488, 'INVITE', nth(1));
      if (refusal !== undefined) asks.ackNegative(again, refusal);
      await hears(answers, 'ACK', nth(acks + 1));
      return;
    }
    case 'never': {
      answers.reply(invite, 180);
      await replied(asks, 180, 'INVITE', nth(1));
      asks.cancel(again);
      answers.reply(await hears(answers, 'CANCEL', nth(1)), 200);
      answers.reply(invite, 487);
      const [ended] = await replied(asks, 487, 'INVITE', nth(1));
      if (ended !== undefined) asks.ackNegative(again, ended);
      await hears(answers, 'ACK', nth(acks + 1));
      return;
    }
  }
  await replied(asks, 200, 'INVITE', nth(oks + 1));
  asks.ack2xx(callId);
  await hears(answers, 'ACK', nth(acks + 1));
}

/** The tag is there already: the re-INVITE brought it. */
function bare200(invite: SipRequest): Uint8Array {
  const reply = buildReply(invite, 200, 'OK', {});
  reply.headers.set(H.ContentLength, '0');
  return reply.serialize();
}

const ofCall = <T extends { readonly callId: string | undefined }>(all: readonly T[], callId: string): readonly T[] =>
  all.filter((message) => message.callId === callId);

/** The nth message of a call. */
interface Wanted {
  readonly callId: string;
  readonly count: number;
  readonly withinMs: number;
}

async function hears(agent: ScriptedUa, method: string, { callId, count, withinMs }: Wanted): Promise<SipRequest> {
  await agent.until(() => ofCall(agent.received(method), callId).length >= count, withinMs);
  const last = ofCall(agent.received(method), callId).at(count - 1);
  if (last === undefined) throw new Error(`no ${method}`);
  return last;
}

async function replied(agent: ScriptedUa, status: number, method: string, { callId, count, withinMs }: Wanted) {
  await agent.until(() => ofCall(agent.receivedStatus(status, method), callId).length >= count, withinMs);
  return ofCall(agent.receivedStatus(status, method), callId);
}
