/** The flags that `run` and `check` share, read into one checked value. */
import { isAbsolute, resolve } from 'node:path';
import { readHostPort } from '../sip/uri.ts';
import type { FlagDecl, Given } from './command.ts';
import { UsageError } from './exit-code.ts';
import { type ModParam, parseModParam } from './kamailio-flags.ts';
import { readListenFlag } from './listen-addresses.ts';
import { isRoutes } from './routes-file.ts';

export const programFlags: readonly FlagDecl[] = [
  {
    flags: '-l, --listen <address>',
    doc: '[proto:]address[:port][/advertised[:port]][/name], again for more',
    repeat: 'list',
  },
  { flags: '-f, --file <file>', doc: 'the routes file, as the argument' },
  { flags: '--alias <host>', doc: 'another name of this proxy, [proto:]host[:port], again for more', repeat: 'list' },
  {
    flags: '--tcp-accept-aliases',
    doc: 'send to a peer on the connection it came on, when its Via says alias (RFC 5923)',
  },
  { flags: '--tls-cert <file>', doc: 'certificate of the TLS listeners (PEM)' },
  { flags: '--tls-key <file>', doc: 'its key (PEM)' },
  { flags: '--tls-ca <file>', doc: 'accept only peers with a certificate from these authorities (PEM)' },
  { flags: '--node <number>', doc: 'number of this node in the branches it writes, 0 to 65535' },
];

export interface ProgramOptions {
  /** Absolute; undefined means the embedded default. */
  readonly file: string | undefined;
  /** As given; empty means the default addresses. */
  readonly listen: readonly string[];
  /** `host` or `host:port`. */
  readonly aliases: readonly string[];
  readonly acceptAliases: boolean;
  readonly tls: TlsFiles;
  readonly node: number;
  readonly modParams: readonly ModParam[];
}

export interface TlsFiles {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
}

const MAX_NODE = 65_535;

export function programOptions(given: Given, cwd: string): ProgramOptions {
  const listen = given.list('listen');
  for (const text of listen) readListenFlag(text);
  return {
    file: fileOf(given, cwd),
    listen,
    aliases: [...given.list('alias'), ...given.list('domain')].map(aliasIn),
    acceptAliases: given.has('tcp-accept-aliases'),
    tls: tlsFiles(given, listen, cwd),
    node: wholeNumber(given, 'node', { min: 0, max: MAX_NODE }) ?? 0,
    modParams: given.list('modparam').map(parseModParam),
  };
}

/** Kamailio allows a transport in front; a name is ours on all of them. */
function aliasIn(text: string): string {
  const host = text.replace(/^(udp|tcp|tls|ws|wss|sctp):/i, '');
  if (readHostPort(host) === undefined) throw new UsageError(`--alias takes [proto:]host[:port], not "${text}"`);
  return host;
}

function fileOf(given: Given, cwd: string): string | undefined {
  const [argument, ...more] = given.args;
  const flagged = given.text('file');
  if (more.length > 0 || (argument !== undefined && flagged !== undefined)) {
    throw new UsageError('give one routes file, as the argument or with -f');
  }
  return absolute(argument ?? flagged, cwd);
}

function tlsFiles(given: Given, listen: readonly string[], cwd: string): TlsFiles {
  const cert = absolute(given.text('tls-cert'), cwd);
  const key = absolute(given.text('tls-key'), cwd);
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--tls-cert and --tls-key come together');
  const wanted = listen.find((text) => /^tls:/i.test(text));
  // A kamailio.cfg may name a certificate itself.
  const script = [...given.args, given.text('file')].some((file) => file !== undefined && !isRoutes(file));
  if (wanted !== undefined && cert === undefined && !script) {
    throw new UsageError(`-l ${wanted}: TLS needs a certificate. Give --tls-cert and --tls-key`);
  }
  return { cert, key, ca: absolute(given.text('tls-ca'), cwd) };
}

const absolute = (path: string | undefined, cwd: string): string | undefined =>
  path === undefined || isAbsolute(path) ? path : resolve(cwd, path);

export function wholeNumber(
  given: Given,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${text}"`);
}
