/** What `Net` rejects with when a socket cannot be bound or listened on. */
import type { SocketFault } from './world.ts';

export class SocketFaultError extends Error {
  readonly fault: SocketFault;

  constructor(fault: SocketFault) {
    super(fault.message);
    this.name = 'SocketFaultError';
    this.fault = fault;
  }
}
