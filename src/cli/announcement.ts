/** What `run` says once it runs: where it listens, and for a newcomer what to type next. */
import type { Log } from '../engine/log.ts';
import { paintFor } from './colours.ts';
import type { HttpPort } from './http-port.ts';
import { DEFAULT_SIP_PORT, type Service } from './service.ts';
import type { Shell } from './shell.ts';

export interface AnnouncementParts {
  readonly service: Pick<Service, 'listeners' | 'proxy'>;
  readonly http: Pick<HttpPort, 'url'> | undefined;
  readonly log: Log;
  readonly shell: Pick<Shell, 'err' | 'env' | 'self'>;
  /** Runs the embedded default. */
  readonly embedded: boolean;
  /** Nobody said where to listen. */
  readonly anywhere: boolean;
}

export function announce({ service, http, log, shell, embedded, anywhere }: AnnouncementParts): void {
  for (const address of service.listeners) log.write('notice', 'listening', { address });
  if (http !== undefined) log.write('notice', 'metrics, health and RPC', { url: http.url });
  if (!embedded) return;
  const [first] = service.proxy.listeners;
  if (first === undefined) return;
  const paint = paintFor(shell.env, shell.err);
  const through = `${first.sentBy.host}:${first.local.port}`;
  const moved = anywhere && first.local.port !== DEFAULT_SIP_PORT;
  const lines = [
    ...(moved ? [`Port ${DEFAULT_SIP_PORT} is taken, so this is the next free one: ${first.local.port}.`] : []),
    'No routes file: every request is relayed to its Request-URI, nobody is challenged or registered.',
    'Each message is shown here as it passes. To see a call, type in another terminal:',
    '',
    ...tries(shell.self, through).map((line) => `  ${paint('bold', line)}`),
    '',
  ];
  shell.err.write(`${lines.join('\n')}\n`);
}

/** Ways to place a call through this address. */
export const tries = (self: string, through: string): readonly string[] => [
  `${self} selftest --through ${through}`,
  'sipp -sn uas -i 127.0.0.1 -p 5070 &',
  `sipp -sn uac -i 127.0.0.1 -p 5071 -m 1 -rsa ${through} 127.0.0.1:5070`,
];
