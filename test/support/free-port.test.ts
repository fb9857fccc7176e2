/** Ports for programs: nobody else gets one, whether its program listens already or not. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freePorts, isReserved } from './free-port.ts';

const PEER = fileURLToPath(new URL('free-port-peer.ts', import.meta.url));

it('gives no port twice, nor one that tests in another process have been given and do not use yet', async () => {
  const peer = fork(PEER, { execArgv: ['--import', 'tsx'] });
  const [theirs]: readonly unknown[] = await once(peer, 'message');
  if (!Array.isArray(theirs)) throw new Error('the other process was given nothing');
  for (const port of theirs) expect(await isReserved(Number(port))).toBe(false);
  const ours = await freePorts(20);
  expect(new Set([...ours, ...theirs]).size).toBe(ours.length + theirs.length);
  const gone = once(peer, 'exit');
  peer.kill();
  await gone;
  expect(await isReserved(Number(theirs[0]))).toBe(true);
});
