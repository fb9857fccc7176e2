/** What peers do in the scenes of calls: an answered call, a rejected one, a request by hand. */
import type { Stage } from '../stage.ts';

/** A call from alice to bob, answered, acknowledged and ended by alice. */
export async function call(stage: Stage): Promise<void> {
  stage.bob.acceptCalls();
  stage.invite();
  await stage.hears('alice', '200 INVITE');
  stage.alice.ack2xx();
  await stage.hears('bob', 'ACK');
  stage.alice.bye();
  await stage.hears('alice', '200 BYE');
}

/** Peers answer INVITEs with these statuses; alice hears the final one and acknowledges it. */
export const rejected =
  (statuses: Readonly<Record<string, readonly number[]>>, final: number) =>
  async (stage: Stage): Promise<void> => {
    for (const [name, list] of Object.entries(statuses)) stage.peer(name).acceptCalls(list);
    const invite = stage.invite();
    await stage.hears('alice', `${final} INVITE`);
    const response = stage.alice.receivedStatus(final, 'INVITE')[0];
    if (response === undefined) return;
    if (final >= 300) stage.alice.ackNegative(invite, response);
    else stage.alice.ack2xx();
  };

/** A request that bob answers. */
export const answered =
  (method: string, status = 200) =>
  async (stage: Stage): Promise<void> => {
    stage.bob.on('*', (request, ua) => ua.reply(request, status));
    stage.request(method);
    await stage.hears('alice', status);
  };

export const toBranches = 'route(CALLS); $ru = $hdr(X-bob); append_branch("$hdr(X-carol)");';

/** A request written by hand, with Via lines of its own. */
export function raw(stage: Stage, method: string, via: string, more: readonly string[] = []): string {
  const lines = [
    `${method} ${stage.uri('bob')} SIP/2.0`,
    via,
    'Max-Forwards: 70',
    'From: <sip:alice@example.org>;tag=1',
    'To: <sip:bob@example.org>',
    `Call-ID: ${stage.callId()}`,
    `CSeq: 1 ${method}`,
    ...more,
    'Content-Length: 0',
    '',
    '',
  ];
  return lines.join('\r\n');
}
