/** Listeners for socket events that write down what they hear, and let a test wait for it without sleeping. */
import type {
  Endpoint,
  SocketFault,
  Stream,
  StreamEvents,
  StreamListenerEvents,
  UdpEvents,
} from '../../src/world/world.ts';

class Heard {
  readonly #waiting = new Set<() => void>();

  /** Resolves as soon as the condition holds; a test that waits in vain runs into its timeout. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  tell(): void {
    for (const look of [...this.#waiting]) look();
  }
}

export class UdpLog implements UdpEvents {
  readonly datagrams: { readonly text: string; readonly remote: Endpoint }[] = [];
  readonly faults: { readonly fault: SocketFault; readonly remote: Endpoint | undefined }[] = [];
  readonly #heard = new Heard();

  datagram(bytes: Buffer, { address, port }: Endpoint): void {
    this.datagrams.push({ text: bytes.toString('latin1'), remote: { address, port } });
    this.#heard.tell();
  }

  fault(fault: SocketFault, remote: Endpoint | undefined): void {
    this.faults.push({ fault, remote });
    this.#heard.tell();
  }

  until(isSo: (log: UdpLog) => boolean): Promise<void> {
    return this.#heard.until(() => isSo(this));
  }
}

export class StreamLog implements StreamEvents {
  readonly log: string[] = [];
  text = '';
  bytes = 0;
  fault: SocketFault | undefined;
  readonly #heard = new Heard();

  open(): void {
    this.#write('open');
  }

  data(bytes: Buffer): void {
    this.text += bytes.toString('latin1');
    this.bytes += bytes.length;
    this.#heard.tell();
  }

  drain(): void {
    this.#write('drain');
  }

  closed(fault: SocketFault | undefined): void {
    this.fault = fault;
    this.#write('closed');
  }

  until(isSo: (log: StreamLog) => boolean): Promise<void> {
    return this.#heard.until(() => isSo(this));
  }

  /** Until this has been heard: `open`, `drain` or `closed`. */
  hears(event: 'open' | 'drain' | 'closed'): Promise<void> {
    return this.until(({ log }) => log.includes(event));
  }

  #write(event: string): void {
    this.log.push(event);
    this.#heard.tell();
  }
}

export class ListenerLog implements StreamListenerEvents {
  readonly accepted: { readonly stream: Stream; readonly events: StreamLog }[] = [];
  readonly faults: SocketFault[] = [];
  readonly #heard = new Heard();

  connection(stream: Stream): StreamEvents {
    const events = new StreamLog();
    this.accepted.push({ stream, events });
    this.#heard.tell();
    return events;
  }

  fault(fault: SocketFault): void {
    this.faults.push(fault);
    this.#heard.tell();
  }

  /** The connection that was accepted as the n-th, from 0. */
  async accept(n = 0): Promise<{ readonly stream: Stream; readonly events: StreamLog }> {
    await this.#heard.until(() => this.accepted.length > n);
    const found = this.accepted[n];
    if (found === undefined) throw new Error(`no connection ${n}`);
    return found;
  }

  until(isSo: (log: ListenerLog) => boolean): Promise<void> {
    return this.#heard.until(() => isSo(this));
  }
}
