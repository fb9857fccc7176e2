/** An HTTP request and its answer, as values: how modules meet the HTTP port without knowing it. */
import type { Flow } from '../transport/flow.ts';
import type { Endpoint } from '../world/world.ts';

export interface HttpQuestion {
  readonly method: string;
  /** With what follows a `?`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Bytes as latin1. */
  readonly body: string;
  readonly from: Endpoint;
  /** The connection of SIP that it came on; absent on the HTTP port. */
  readonly flow?: Flow;
}

export interface HttpAnswer {
  readonly status: number;
  /** That of the code when absent. */
  readonly reason?: string;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
