/** Where transactions are found: by key, and by the connection that carries them. Handed on from program to program. */
import type { RequestClaim, ResponseClaim } from '../../engine/claim.ts';
import { TransactionTable } from '../../transaction/table.ts';
import type { Flow } from '../../transport/flow.ts';

/** A client transaction in the table. */
export interface ClientSide extends ResponseClaim {
  readonly flow: Flow;
  transportFailed(code: string): void;
}

/** A server transaction in the table. */
export interface ServerSide extends RequestClaim {
  readonly received: Flow;
}

/** Branches of one transaction are few on average; a forking burst is refused by this factor, not by memory. */
const CLIENTS_PER_SERVER = 4;

export class Tables {
  readonly servers: TransactionTable<ServerSide>;
  readonly clients: TransactionTable<ClientSide>;
  /** Server key of the first request with this merged-request key (RFC 3261 8.2.2.2). */
  readonly merged = new Map<string, string>();
  readonly #byConnection = new Map<number, Set<ClientSide>>();

  constructor(limit: number) {
    this.servers = new TransactionTable(limit);
    this.clients = new TransactionTable(limit * CLIENTS_PER_SERVER);
  }

  /** A client that depends on its connection. UDP has none. */
  attach(client: ClientSide): void {
    const { connection } = client.flow;
    if (connection === 0) return;
    const known = this.#byConnection.get(connection);
    if (known === undefined) this.#byConnection.set(connection, new Set([client]));
    else known.add(client);
  }

  detach(client: ClientSide): void {
    const { connection } = client.flow;
    const known = this.#byConnection.get(connection);
    known?.delete(client);
    if (known?.size === 0) this.#byConnection.delete(connection);
  }

  /** Tells every client on this connection that nothing goes out there any more. */
  flowFailed(flow: Flow, code: string): void {
    for (const client of [...(this.#byConnection.get(flow.connection) ?? [])]) client.transportFailed(code);
  }
}
