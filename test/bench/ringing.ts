/** Calls that ring and are never answered: both ends of them in one socket, each an open INVITE transaction of the proxy. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

const RECEIVE_BUFFER = 4 * 1024 * 1024;
const STEP_MS = 10;
const PATIENCE_MS = 5_000;

export class Ringing {
  readonly #socket: Socket;
  readonly #proxyPort: number;
  readonly #rung = new Set<string>();
  #opened = 0;

  private constructor(socket: Socket, proxyPort: number) {
    this.#socket = socket;
    this.#proxyPort = proxyPort;
    socket.on('message', (bytes) => this.#take(bytes.toString('latin1')));
  }

  static async start(proxyPort: number): Promise<Ringing> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Ringing(socket, proxyPort);
  }

  /** Places the calls and says how many of them ring. */
  async open(count: number, perSecond: number): Promise<number> {
    const step = Math.ceil((perSecond * STEP_MS) / 1_000);
    while (this.#opened < count) {
      for (let i = 0; i < step && this.#opened < count; i++) this.#invite(this.#opened++);
      await wait(STEP_MS);
    }
    for (let waited = 0; this.#rung.size < count && waited < PATIENCE_MS; waited += STEP_MS) await wait(STEP_MS);
    return this.#rung.size;
  }

  close(): void {
    this.#socket.close();
  }

  #send(lines: readonly string[]): void {
    this.#socket.send(Buffer.from([...lines, '', ''].join('\r\n'), 'latin1'), this.#proxyPort, '127.0.0.1');
  }

  #invite(number: number): void {
    const own = `127.0.0.1:${this.#socket.address().port}`;
    this.#send([
      `INVITE sip:ringing@${own} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own};branch=z9hG4bKringing${number}`,
      `From: <sip:waiting@${own}>;tag=w${number}`,
      `To: <sip:ringing@${own}>`,
      `Call-ID: ringing-${number}@${own}`,
      'CSeq: 1 INVITE',
      `Contact: <sip:waiting@${own}>`,
      'Max-Forwards: 70',
      'Content-Length: 0',
    ]);
  }

  /** An INVITE gets a 180; the 180 that comes back counts. */
  #take(text: string): void {
    const lines = text.split('\r\n');
    if (text.startsWith('SIP/2.0 180')) this.#rung.add(lines.find((line) => line.startsWith('Call-ID:')) ?? '');
    if (!text.startsWith('INVITE')) return;
    const copied = lines.filter((line) => /^(?:Via|Record-Route|From|Call-ID|CSeq):/.test(line));
    const to = lines.find((line) => line.startsWith('To:')) ?? 'To: <sip:ringing@127.0.0.1>';
    this.#send(['SIP/2.0 180 Ringing', ...copied, `${to};tag=ringing`, 'Content-Length: 0']);
  }
}
