/** Ports for programs: nobody else gets one, whether its program listens already or not. */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freePorts, isOursNow } from './free-port.ts';

const PEER = fileURLToPath(new URL('free-port-peer.ts', import.meta.url));
const LOOPBACK = '127.0.0.1';

describe('a port', () => {
  it('is given once, and not at all when tests in another process have been given it and do not use it yet', async () => {
    const peer = fork(PEER, { execArgv: ['--import', 'tsx'] });
    const [theirs]: readonly unknown[] = await once(peer, 'message');
    if (!Array.isArray(theirs)) throw new Error('the other process was given nothing');
    for (const port of theirs) expect(await isOursNow(Number(port))).toBe(false);
    const ours = await freePorts(20);
    expect(new Set([...ours, ...theirs]).size).toBe(ours.length + theirs.length);
    const gone = once(peer, 'exit');
    peer.kill();
    await gone;
    expect(await isOursNow(Number(theirs[0]))).toBe(true);
    expect(await isOursNow(Number(theirs[0]))).toBe(false);
  });

  it('is not given that somebody listens on over TCP or has bound for UDP, however they came by it', async () => {
    const server = createServer().listen(0, LOOPBACK);
    const socket = createSocket('udp4').bind(0, LOOPBACK);
    await Promise.all([once(server, 'listening'), once(socket, 'listening')]);
    const address = server.address();
    expect(await isOursNow(typeof address === 'object' && address !== null ? address.port : 0)).toBe(false);
    expect(await isOursNow(socket.address().port)).toBe(false);
    server.close();
    socket.close();
  });
});
