/** A collector that only reads: it counts the frames that come over UDP and TCP on one loopback port. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { freePort } from '../support/free-port.ts';

const RECEIVE_BUFFER = 4 * 1024 * 1024;
const MAGIC = 0x48455033;
const HEAD = 6;

export interface HepSink {
  readonly port: number;
  readonly counted: { frames: number; bytes: number; strange: number };
  close(): void;
}

export async function startHepSink(): Promise<HepSink> {
  const counted = { frames: 0, bytes: 0, strange: 0 };
  const udp = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });
  udp.on('message', (frame) => {
    counted.bytes += frame.length;
    if (frame.length >= HEAD && frame.readUInt32BE(0) === MAGIC && frame.readUInt16BE(4) === frame.length)
      counted.frames++;
    else counted.strange++;
  });
  udp.bind(await freePort(), '127.0.0.1');
  await once(udp, 'listening');
  const { port } = udp.address();
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', frameCounter(counted));
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  tcp.listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  return {
    port,
    counted,
    close() {
      udp.close();
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Counts whole frames, however the stream was cut. */
function frameCounter(counted: HepSink['counted']): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    counted.bytes += bytes.length;
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    while (all.length - at >= HEAD) {
      const length = all.readUInt16BE(at + 4);
      if (all.readUInt32BE(at) !== MAGIC || length < HEAD) {
        counted.strange++;
        at = all.length;
      } else if (at + length > all.length) {
        break;
      } else {
        counted.frames++;
        at += length;
      }
    }
    rest = all.subarray(at);
  };
}
