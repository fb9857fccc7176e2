/** Which of the requests sent over UDP hear that the system could not send: those sent last to that address. */
import { expect, it } from 'vitest';
import { Exchange } from '../../../src/engine/exchange.ts';
import { type ClientSide, LATELY_SENT, Tables } from '../../../src/modules/tm/tables.ts';
import type { Flow, Listener } from '../../../src/transport/flow.ts';

const listener: Listener = {
  transport: 'udp',
  local: { address: '10.0.0.1', port: 5060 },
  advertised: undefined,
  sentBy: { host: '10.0.0.1', port: 5060 },
  name: undefined,
};
const flowTo = (port: number): Flow => ({
  transport: 'udp',
  listener,
  local: listener.local,
  remote: { address: '10.0.0.9', port },
  connection: 0,
});

it(`are the last ${LATELY_SENT}, and of these only those of that address and port`, () => {
  const told: number[] = [];
  const client = (number: number, port: number): ClientSide => ({
    exchange: new Exchange(),
    request: undefined,
    flow: flowTo(port),
    takeResponse: () => undefined,
    transportFailed: () => void told.push(number),
  });
  const tables = new Tables(10);
  for (let number = 0; number <= LATELY_SENT; number++) tables.attach(client(number, number % 2 === 0 ? 5060 : 5062));
  tables.flowFailed(flowTo(5060), 'EACCES');
  expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: LATELY_SENT / 2 }, (_, index) => 2 * index + 2));
  tables.flowFailed(flowTo(5064), 'EACCES');
  // A buffer that is full, or one datagram that is too large.
  tables.flowFailed(flowTo(5062), 'ENOBUFS');
  tables.flowFailed(flowTo(5062), 'EMSGSIZE');
  expect(told).toHaveLength(LATELY_SENT / 2);
});
