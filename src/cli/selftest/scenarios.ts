/** The scenarios that are played through the proxy, and how each of them should end. */
import type { Agent } from './agent.ts';
import { type Callee, WAITING_USER } from './callee.ts';
import { byeFromCallee, Call, type Course } from './caller.ts';
import type { ResponseMessage } from './sip-package.ts';

export interface Cast {
  readonly caller: Agent;
  readonly callee: Callee;
  readonly course: Course;
}

export interface Ending {
  readonly scenario: string;
  readonly callId: string;
  readonly ok: boolean;
  /** `407`, `200, then BYE 200`. */
  readonly says: string;
}

type End = Pick<Ending, 'ok' | 'says'>;

interface Scenario {
  readonly name: string;
  /** User that is called. */
  readonly user: string;
  readonly play: (call: Call, cast: Cast) => Promise<End>;
}

const scenarios: readonly Scenario[] = [
  {
    name: 'register',
    user: 'alice',
    async play(call) {
      const { answers } = await call.withCredentials('REGISTER');
      const final = await answers.final();
      return { ok: isOk(final), says: told(final) };
    },
  },
  {
    name: 'call without credentials',
    user: 'bob',
    async play(call, { caller }) {
      const final = await caller.send(call.request('INVITE')).final();
      const challenged = final?.status === 407;
      return isOk(final) ? hangUp(call, final) : { ok: challenged, says: told(final) };
    },
  },
  {
    name: 'call with credentials',
    user: 'bob',
    async play(call) {
      const { answers } = await call.withCredentials('INVITE');
      const final = await answers.final();
      return isOk(final) ? hangUp(call, final) : { ok: false, says: told(final) };
    },
  },
  {
    name: 'cancel',
    user: WAITING_USER,
    async play(call) {
      const { request, answers } = await call.withCredentials('INVITE');
      const ringing = await answers.first();
      if (ringing === undefined || ringing.status >= 200) return { ok: false, says: told(ringing) };
      const cancelled = await call.cancel(request).final();
      const final = await answers.final();
      return {
        ok: isOk(cancelled) && final?.status === 487,
        says: `${told(ringing)}, CANCEL ${told(cancelled)}, then ${told(final)}`,
      };
    },
  },
  {
    name: 'callee hangs up',
    user: 'bob',
    async play(call, { callee }) {
      const { answers } = await call.withCredentials('INVITE');
      const final = await answers.final();
      const invite = callee.calls.get(call.callId);
      if (!isOk(final) || invite === undefined) return { ok: false, says: told(final) };
      call.inDialog('ACK', final);
      if (!(await callee.agent.hears('ACK', call.callId)))
        return { ok: false, says: `${told(final)}, the ACK got lost` };
      const bye = await byeFromCallee(invite, final, callee.agent).final();
      return { ok: isOk(bye), says: `${told(final)}, BYE ${told(bye)}` };
    },
  },
];

export const scenarioNames: readonly string[] = scenarios.map(({ name }) => name);

/** One after the other; each is told as soon as it has ended, and `ended` says whether to go on. */
export async function playAll(cast: Cast, ended: (ending: Ending) => boolean): Promise<void> {
  for (const { name, user, play } of scenarios) {
    const call = new Call(cast.caller, cast.course, { user, name: name.replaceAll(' ', '-') });
    const end = await play(call, cast);
    if (!ended({ scenario: name, callId: call.callId, ...end })) return;
  }
}

async function hangUp(call: Call, answered: ResponseMessage): Promise<End> {
  call.inDialog('ACK', answered);
  const bye = await call.inDialog('BYE', answered).final();
  return { ok: isOk(bye), says: `${told(answered)}, BYE ${told(bye)}` };
}

const isOk = (response: ResponseMessage | undefined): response is ResponseMessage =>
  response !== undefined && response.status >= 200 && response.status < 300;

const told = (response: ResponseMessage | undefined): string =>
  response === undefined ? 'no answer' : `${response.status} ${response.reason}`.trim();
