/**
 * Ports of 127.0.0.1 for programs that have to be told one. They lie below the range that the system hands out by itself
 * and that of the differential tests, so nobody else is given one between the asking and the using.
 */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

const LOWEST = 10_000;
const HIGHEST = 20_000;
const TRIES = 50;

/** Free for UDP and for TCP. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isOursNow(port)) return port;
  }
  throw new Error(`no free port of ${TRIES} tried between ${LOWEST} and ${HIGHEST}`);
}

/** Different ones. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found: number[] = [];
  while (found.length < count) found.push(await freePort());
  return found;
}

/** Whether we have this port from now on: nobody was given it before, and nobody uses it. */
export async function isOursNow(port: number): Promise<boolean> {
  return (await isReserved(port)) && !(await isUsed(port));
}

/**
 * Whether nobody was given it, in this process or in that of other tests on this machine, who may not listen yet or not
 * just now. A name of Linux' own stands for it, that ends with the process.
 */
function isReserved(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const holder = createServer().unref();
    holder.once('error', (error) => resolve(!String(error).includes('EADDRINUSE')));
    holder.listen(`\0viaduct test port ${port}`, () => resolve(true));
  });
}

/**
 * Read, not tried: a child that another thread forks has a copy of all our sockets until it runs its program, and a port
 * that was tried and closed a moment ago would be in use for whoever was given it.
 */
async function isUsed(port: number): Promise<boolean> {
  const local = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `, 'm');
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    if (local.test(await readFile(`/proc/net/${table}`, 'latin1').catch(() => ''))) return true;
  }
  return false;
}
