/**
 * The one that is called, and the registrar: takes registrations, answers calls, and lets those to `waiting` ring until
 * they are cancelled.
 */
import type { Endpoint, World } from '../../world/world.ts';
import { Agent } from './agent.ts';
import type { RequestMessage, SipAddress } from './sip-package.ts';
import type { WireMessage } from './wire-view.ts';

/** Calls to this user ring and are not answered. */
export const WAITING_USER = 'waiting';

export interface Callee {
  readonly agent: Agent;
  /** INVITEs by Call-ID, as they came. */
  readonly calls: ReadonlyMap<string, RequestMessage>;
}

export async function startCallee(world: World, wire: WireMessage[], local?: Endpoint): Promise<Callee> {
  const calls = new Map<string, RequestMessage>();
  const agent = await Agent.start({
    world,
    user: 'bob',
    local,
    wire,
    onRequest: (request, self) => {
      switch (request.method) {
        case 'INVITE':
          calls.set(request.headers['call-id'], request);
          return take(request, self);
        case 'CANCEL':
          return cancelled(request, calls.get(request.headers['call-id']), self);
        case 'REGISTER':
          return self.reply(request, 200, 'OK', {
            ...tagged(request, self),
            contact: request.headers.contact,
            expires: request.headers.expires,
          });
        case 'ACK':
          return undefined;
      }
      return self.reply(request, 200, 'OK');
    },
  });
  return { agent, calls };
}

function take(invite: RequestMessage, self: Agent): void {
  const headers = {
    ...tagged(invite, self),
    contact: [{ uri: self.contact }],
    'record-route': invite.headers['record-route'],
  };
  self.reply(invite, 180, 'Ringing', headers);
  if (!userOf(invite.headers.to).startsWith(WAITING_USER)) self.reply(invite, 200, 'OK', headers);
}

function cancelled(cancel: RequestMessage, invite: RequestMessage | undefined, self: Agent): void {
  self.reply(cancel, invite === undefined ? 481 : 200, invite === undefined ? 'No such call' : 'OK');
  if (invite !== undefined) self.reply(invite, 487, 'Request Terminated', tagged(invite, self));
}

/** All replies to one call carry the same tag. */
const tagged = ({ headers }: RequestMessage, self: Agent) => ({
  to: {
    ...headers.to,
    params: { tag: `${self.user}-${headers['call-id'].split('@')[0] ?? ''}`, ...headers.to.params },
  },
});

const userOf = ({ uri }: SipAddress): string => /^sips?:([^@]*)@/.exec(uri)?.[1] ?? '';
