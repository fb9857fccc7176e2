/**
 * Ports of 127.0.0.1 for programs that have to be told one. They lie below the range that the system hands out by itself
 * and that of the differential tests, so nobody else is given one between the asking and the using.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const LOWEST = 10_000;
const HIGHEST = 20_000;
const TRIES = 50;
/** Test workers run side by side: each has a part of the range. */
const PARTS = 8;
const PART = (HIGHEST - LOWEST) / PARTS;

/** Free for UDP and for TCP. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = LOWEST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % PARTS) * PART + randomInt(PART);
    if ((await isReserved(port)) && (await isFreeForUdp(port)) && (await isFreeForTcp(port))) return port;
  }
  throw new Error(`no free port of ${TRIES} tried between ${LOWEST} and ${HIGHEST}`);
}

/** Different ones. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found: number[] = [];
  while (found.length < count) found.push(await freePort());
  return found;
}

/**
 * Whether nobody has been given this port before, in this process or in that of other tests on this machine: who has it
 * may not listen yet, or not just now. A name of Linux' own that goes with the process stands for it.
 */
export function isReserved(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer().unref();
    holder.once('error', (error) => resolve(!String(error).includes('EADDRINUSE')));
    holder.listen(`\0viaduct test port ${port}`, () => resolve(true));
  });
}

function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
