/** Where transactions are found: by key, and by the connection that carries them. Handed on from program to program. */
import type { RequestClaim, ResponseClaim } from '../../engine/claim.ts';
import { TransactionTable } from '../../transaction/table.ts';
import type { Flow } from '../../transport/flow.ts';
import { Shelf } from '../../util/shelf.ts';
import { Idents } from './idents.ts';

/** A client transaction in the table. */
export interface ClientSide extends ResponseClaim {
  readonly flow: Flow;
  transportFailed(code: string): void;
}

/** Of the requests sent last over UDP: the system says a moment later that one could not leave, and names its address alone. */
export const LATELY_SENT = 256;

/** What is wrong with an address, and so with all that goes there; other faults are about one datagram. */
const ABOUT_ADDRESS: ReadonlySet<string> = new Set([
  'EACCES',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EHOSTUNREACH',
  'EINVAL',
  'ENETDOWN',
  'ENETUNREACH',
]);

/** Branches of one transaction are few on average; a forking burst is refused by this factor, not by memory. */
const CLIENTS_PER_SERVER = 4;

export class Tables {
  readonly servers: TransactionTable<RequestClaim>;
  readonly clients: TransactionTable<ClientSide>;
  /** 2xx replies of our own that wait for their ACK, by dialog and CSeq number. */
  readonly answers = new Map<string, RequestClaim>();
  /** Server key of the first request with this merged-request key (RFC 3261 8.2.2.2), while that is unanswered. */
  readonly merged = new Map<string, string>();
  /** Transactions whose request has no final reply yet, or whose branches still wait. */
  underWay = 0;
  /** Transactions that a script may name. */
  readonly idents = new Idents();
  /** Replies that may have to be repeated. */
  readonly replies = new Shelf();
  readonly #byConnection = new Map<number, Set<ClientSide>>();
  readonly #lately: ClientSide[] = [];
  #next = 0;

  constructor(limit: number) {
    this.servers = new TransactionTable(limit);
    this.clients = new TransactionTable(limit * CLIENTS_PER_SERVER);
  }

  /** A client that depends on its connection. UDP has none: there it is about the first send. */
  attach(client: ClientSide): void {
    const { connection } = client.flow;
    if (connection === 0) {
      this.#lately[this.#next] = client;
      this.#next = (this.#next + 1) % LATELY_SENT;
      return;
    }
    const known = this.#byConnection.get(connection);
    if (known === undefined) this.#byConnection.set(connection, new Set([client]));
    else known.add(client);
  }

  detach(client: ClientSide): void {
    const { connection } = client.flow;
    if (connection === 0) return;
    const known = this.#byConnection.get(connection);
    known?.delete(client);
    if (known?.size === 0) this.#byConnection.delete(connection);
  }

  /** Tells every client on this connection that nothing goes out there any more. */
  flowFailed(flow: Flow, code: string): void {
    if (flow.connection === 0) {
      if (ABOUT_ADDRESS.has(code)) this.#unsent(flow, code);
      return;
    }
    for (const client of [...(this.#byConnection.get(flow.connection) ?? [])]) client.transportFailed(code);
  }

  #unsent({ remote: { address, port } }: Flow, code: string): void {
    for (const client of [...this.#lately]) {
      const { remote } = client.flow;
      if (remote.port === port && remote.address === address) client.transportFailed(code);
    }
  }
}
