/** A transport layer whose events are written down. */
import type { Flow } from '../../src/transport/flow.ts';
import { parseListenAddress, type ListenSpec } from '../../src/transport/listen-address.ts';
import { type TransportEvents, TransportLayer, type TransportOptions } from '../../src/transport/transport-layer.ts';
import type { WallTime } from '../../src/util/time.ts';
import type { SocketFault, World } from '../../src/world/world.ts';

export class TransportLog implements TransportEvents {
  readonly packets: { readonly text: string; readonly flow: Flow; readonly at: WallTime }[] = [];
  readonly failures: { readonly flow: Flow; readonly fault: SocketFault }[] = [];
  /** Called for each packet, after it was written down. */
  react: (flow: Flow) => void = () => {};
  /** Called for each failure, after it was written down. */
  fail: (flow: Flow) => void = () => {};

  packet(bytes: Buffer, flow: Flow, at: WallTime): void {
    this.packets.push({ text: bytes.toString('latin1'), flow, at });
    this.react(flow);
  }

  flowFailed(flow: Flow, fault: SocketFault): void {
    this.failures.push({ flow, fault });
    this.fail(flow);
  }

  get texts(): readonly string[] {
    return this.packets.map(({ text }) => text);
  }
}

export function specOf(text: string): ListenSpec {
  const parsed = parseListenAddress(text);
  if (parsed.kind === 'malformed') throw new Error(parsed.message);
  return parsed.spec;
}

export function transportOver(
  world: World,
  listen: readonly string[],
  options: Partial<TransportOptions> = {},
): { readonly layer: TransportLayer; readonly log: TransportLog } {
  const log = new TransportLog();
  return { layer: new TransportLayer({ world, listeners: listen.map(specOf), ...options }, log), log };
}

export async function startedOver(world: World, listen: readonly string[], options: Partial<TransportOptions> = {}) {
  const made = transportOver(world, listen, options);
  await made.layer.start();
  return made;
}

/** A message of exactly so many bytes, framed by its Content-Length. */
export function messageOf(bytes: number, name = 'OPTIONS'): string {
  const head = (length: number): string => `${name} sip:a SIP/2.0\r\nContent-Length: ${length}\r\n\r\n`;
  let body = bytes - head(0).length;
  while (body > 0 && head(body).length + body > bytes) body--;
  const text = head(body) + 'x'.repeat(body);
  if (text.length !== bytes) throw new Error(`no message of ${bytes} bytes`);
  return text;
}

export const options = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n';
export const reply = 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n';
