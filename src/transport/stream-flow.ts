/** The flow of one connection: fixed but for our own address, which is known once the stream is open. */
import type { Endpoint } from '../world/world.ts';
import type { Flow, Listener, Transport } from './flow.ts';

export class StreamFlow implements Flow {
  readonly transport: Transport;
  readonly listener: Listener;
  local: Endpoint;
  readonly remote: Endpoint;
  readonly connection: number;

  constructor(listener: Listener, local: Endpoint, remote: Endpoint, connection: number) {
    this.transport = listener.transport;
    this.listener = listener;
    this.local = local;
    this.remote = remote;
    this.connection = connection;
  }
}
