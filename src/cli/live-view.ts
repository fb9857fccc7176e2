/**
 * The live view: a module that watches the wire and prints each message as one line. It never holds SIP up: lines that
 * the terminal does not take in time are left out and counted.
 */
import type { WireEvent } from '../engine/exchange.ts';
import { defineModule } from '../engine/module.ts';
import { bracketed } from '../transport/listen-address.ts';
import type { Endpoint } from '../world/world.ts';
import type { Paint } from './colours.ts';
import { messageLine } from './message-line.ts';
import type { Output } from './shell.ts';

/** Bytes that may wait for the terminal. */
export const MAX_BACKLOG_BYTES = 256 * 1024;

export const liveView = (out: Output, paint: Paint) =>
  defineModule({ name: 'live', doc: 'Prints every message on the wire as one line.' }, () => {
    const printer = new LivePrinter(out, paint);
    return { functions: {}, tap: (event) => printer.show(event) };
  });

export class LivePrinter {
  readonly #out: Output;
  readonly #paint: Paint;
  #skipped = 0;

  constructor(out: Output, paint: Paint) {
    this.#out = out;
    this.#paint = paint;
  }

  show({ bytes, flow, direction, at }: WireEvent): void {
    if (!this.#out.open) return;
    if (this.#out.backlog > MAX_BACKLOG_BYTES) {
      this.#skipped++;
      return;
    }
    if (this.#skipped > 0) {
      this.#out.write(
        `${this.#paint('yellow', `... ${this.#skipped} messages not shown, the terminal was too slow`)}\n`,
      );
      this.#skipped = 0;
    }
    const [source, destination] = direction === 'in' ? [flow.remote, flow.local] : [flow.local, flow.remote];
    const line = messageLine(
      {
        at,
        direction,
        protocol: flow.transport,
        source: formatEndpoint(source),
        destination: formatEndpoint(destination),
        payload: bytes,
      },
      this.#paint,
    );
    this.#out.write(`${line}\n`);
  }
}

const formatEndpoint = ({ address, port }: Endpoint): string => `${bracketed(address)}:${port}`;
