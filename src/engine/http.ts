/** An HTTP request and its answer, as values: how modules meet the HTTP port without knowing it. */
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
}

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
