/**
 * The registry of what an operator or programmer can get wrong. Peers cause values, never these.
 * Every code has an entry in docs/errors.md, generated from here.
 */
export const ERRORS = {
  CONFIG_FILE_UNREADABLE: 'The routes file or a file it names cannot be read or loaded.',
  CONFIG_NOT_ROUTES: 'The routes file does not export what `defineRoutes` returns as its default.',
  CONFIG_PROBLEMS: 'A kamailio.cfg has errors; each has been shown with its place.',
  LISTEN_ADDRESS: 'A listen address is not of the form proto:address:port[/advertised[:port]][/name].',
  LISTEN_IN_USE: 'Another process listens on this address and port already.',
  LISTEN_FORBIDDEN: 'The system does not let this user listen there (ports below 1024 need a privilege).',
  LISTEN_FAILED: 'The system refused to listen for another reason.',
  TLS_CERTIFICATE: 'A TLS listener has no certificate, or one that cannot be read.',
  MODULE_MISSING: 'A module needs another one that the program does not list.',
  MODULE_TWICE: 'A module is listed twice.',
  PARAM_UNKNOWN: 'A module has no parameter of this name.',
  PARAM_VALUE: 'A value does not fit its parameter.',
  ROUTE_UNKNOWN: 'A named route was armed that the program does not have.',
  TRACE_TARGET: 'A trace target is not a SIP URI, or is one of our own listeners.',
  CREDENTIALS_FILE: 'The credentials file cannot be read or a line of it cannot be understood.',
  HTTP_TOKEN: 'The HTTP port listens beyond loopback without a token.',
  TOPOS_SECRET: 'Topology hiding masks Call-IDs on several nodes that share no secret.',
  CTL_SOCKET: 'The control socket cannot be made where it was asked for.',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** What an operator or programmer caused. `message` says what, where and what to do. */
export class ViaductError extends Error {
  override readonly name = 'ViaductError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
