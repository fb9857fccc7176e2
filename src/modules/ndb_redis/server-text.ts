/** A Redis server as Kamailio's ndb_redis writes it, `name=srv1;addr=127.0.0.1;port=6379;db=1`, and the URL it stands for. */

export type ServerReading =
  | { readonly kind: 'server'; readonly name: string; readonly url: string }
  | { readonly kind: 'malformed'; readonly message: string };

export interface ServerOptions {
  readonly isCluster: boolean;
  /** Milliseconds for one command. */
  readonly timeoutMs: number;
}

const DEFAULT_PORT = '6379';
const KNOWN = /^(?:name|addr|port|db|pass|unix|tls|sentinel_group|sentinel_master|sentinel\d+)$/;

export function readServer(text: string, { isCluster, timeoutMs }: ServerOptions): ServerReading {
  const fields = new Map<string, string>();
  for (const part of text.split(';').filter((one) => one.trim() !== '')) {
    const at = part.indexOf('=');
    const name = (at < 0 ? part : part.slice(0, at)).trim();
    if (!KNOWN.test(name) || at < 0) return malformed(`${name} is nothing that a server has`);
    fields.set(name, part.slice(at + 1).trim());
  }
  const name = fields.get('name') ?? '';
  if (name === '') return malformed('it has no name');
  const { form, place } = placeOf(fields, isCluster);
  const pass = fields.get('pass') ?? '';
  const user = pass === '' ? '' : `:${encodeURIComponent(pass)}@`;
  const scheme = fields.get('tls') === '1' ? 'rediss' : 'redis';
  const db = isCluster ? '' : `&db=${fields.get('db') ?? '0'}`;
  return { kind: 'server', name, url: `${scheme}${form}://${user}${place}?timeout=${timeoutMs}${db}` };
}

function placeOf(
  fields: ReadonlyMap<string, string>,
  isCluster: boolean,
): { readonly form: string; readonly place: string } {
  const unix = fields.get('unix') ?? '';
  const group = fields.get('sentinel_group') ?? '';
  if (group !== '') {
    const hosts = [...fields].filter(([name]) => /^sentinel\d+$/.test(name)).map(([, host]) => host);
    return { form: '+sentinel', place: `${hosts.join(',')}/${group}` };
  }
  if (unix !== '') return { form: '+unix', place: unix };
  const address = fields.get('addr') ?? '127.0.0.1';
  const host = address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
  return { form: isCluster ? '+cluster' : '', place: `${host}:${fields.get('port') ?? DEFAULT_PORT}` };
}

const malformed = (message: string): ServerReading => ({ kind: 'malformed', message });
