/** Host names, addresses and sockets: `udp:10.0.0.1:5060`, `tls:[2001:db8::1]:5061`, `(eth0, eth1)`. */
import type { Host, IpLiteral, Network, Protocol, SocketAddress, Word } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { protocols } from '../text/keywords.ts';
import { type Span, join } from '../source.ts';
import type { Token } from '../text/token.ts';

const dottedQuad = /^\d{1,3}(?:\.\d{1,3}){3}$/;

export class AddressParser {
  readonly #cursor: Cursor;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** Whether a host or socket can begin here. */
  atHost(): boolean {
    const { kind } = this.#cursor.peek();
    if (kind === 'word' || kind === 'number' || kind === 'string' || kind === 'ip6') return true;
    return this.#cursor.is('(') || this.#cursor.is('[') || (this.#cursor.is('*') && this.#cursor.is(':', 1));
  }

  /** `[proto:]host[:port[-port]]`. */
  socket(): SocketAddress | undefined {
    const cursor = this.#cursor;
    const first = cursor.peek();
    const proto = this.#protocol();
    const hosts = cursor.accept('(') === undefined ? this.#one() : this.#list();
    if (hosts.length === 0) return undefined;
    const [port, lastPort] = this.#ports();
    return { kind: 'socketAddress', proto, hosts, port, lastPort, span: join(first.span, cursor.last.span) };
  }

  host(): Host | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'string') {
      cursor.next();
      return { text: token.text, quoted: true, span: token.span };
    }
    const bracket = cursor.accept('[');
    if (bracket !== undefined || token.kind === 'ip6') return this.#ip6(token);
    if (token.kind === 'word' || token.kind === 'number') {
      const { text, span } = this.run();
      return { text, quoted: false, span };
    }
    cursor.unexpected(token, 'where a host or an address belongs');
    return undefined;
  }

  /** Words, numbers, dots and dashes that are glued together. */
  run(): { readonly text: string; readonly span: Span } {
    const cursor = this.#cursor;
    const first = cursor.next();
    const parts = [first.text];
    for (let token = cursor.peek(); token.glued && isRunPart(token); token = cursor.peek()) {
      // A dash or a dot ends the run when nothing is glued to it.
      if (token.kind === 'punctuation' && !isRunWord(cursor.peek(1))) break;
      parts.push(cursor.next().text);
    }
    return { text: parts.join(''), span: join(first.span, cursor.last.span) };
  }

  /** Whether the glued run that begins `distance` ahead is longer than one token: `10.0.0.1`, `a.b`. */
  isRun(distance = 0): boolean {
    const cursor = this.#cursor;
    const sign = cursor.peek(distance + 1);
    return sign.glued && cursor.is('.', distance + 1) && isRunWord(cursor.peek(distance + 2));
  }

  /** An address, a network, or a host name, as in `src_ip == 10.0.0.0/8`. */
  network(): IpLiteral | Network | Word | undefined {
    const cursor = this.#cursor;
    const first = cursor.peek();
    const host = this.host();
    if (host === undefined) return undefined;
    const family = familyOf(host.text);
    if (family === undefined) return { kind: 'word', text: host.text, span: host.span };
    if (cursor.accept('/') === undefined) return { kind: 'ip', text: host.text, family, span: host.span };
    const mask = this.#mask();
    if (mask === undefined) return undefined;
    return { kind: 'network', address: host.text, family, mask, span: join(first.span, cursor.last.span) };
  }

  #mask(): number | string | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'number' && !this.isRun()) return Number(cursor.next().text);
    return token.kind === 'string' ? cursor.next().text : this.host()?.text;
  }

  #protocol(): Protocol | '*' | undefined {
    const cursor = this.#cursor;
    if (!cursor.is(':', 1)) return undefined;
    const token = cursor.peek();
    const found = token.text === '*' && token.kind === 'punctuation' ? '*' : protocols.get(token.text);
    if (found === undefined || (found !== '*' && token.kind !== 'word')) return undefined;
    cursor.next();
    cursor.next();
    return found;
  }

  #one(): readonly Host[] {
    const host = this.host();
    return host === undefined ? [] : [host];
  }

  #list(): readonly Host[] {
    const cursor = this.#cursor;
    const hosts: Host[] = [];
    do {
      const host = this.host();
      if (host === undefined) return hosts;
      hosts.push(host);
    } while (cursor.accept(',') !== undefined);
    cursor.expect(')', 'after the addresses');
    return hosts;
  }

  #ports(): readonly [number | '*' | undefined, number | undefined] {
    const cursor = this.#cursor;
    if (!cursor.is(':')) return [undefined, undefined];
    cursor.next();
    if (cursor.accept('*') !== undefined) return ['*', undefined];
    const port = this.#port();
    const hasRange = port !== undefined && cursor.is('-') && cursor.peek(1).kind === 'number';
    if (!hasRange) return [port, undefined];
    cursor.next();
    return [port, this.#port()];
  }

  #port(): number | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind !== 'number') {
      cursor.unexpected(token, 'where a port belongs');
      return undefined;
    }
    cursor.next();
    const port = /^\d+$/.test(token.text) ? Number.parseInt(token.text, 10) : Number(token.text);
    if (port > 65_535) cursor.report('CFG_BAD_NUMBER', token.span, `${token.text} is no port: the highest is 65535`);
    return port;
  }

  #ip6(first: Token): Host | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind !== 'ip6') {
      cursor.unexpected(token, 'where an IPv6 address belongs');
      return undefined;
    }
    cursor.next();
    if (first.kind !== 'ip6') cursor.expect(']', 'after the address');
    return { text: token.text, quoted: false, span: join(first.span, cursor.last.span) };
  }
}

function isRunWord({ kind, glued }: Token): boolean {
  return glued && (kind === 'word' || kind === 'number');
}

function isRunPart({ kind, text }: Token): boolean {
  return kind === 'word' || kind === 'number' || (kind === 'punctuation' && (text === '.' || text === '-'));
}

export function familyOf(text: string): 4 | 6 | undefined {
  if (text.includes(':')) return 6;
  return dottedQuad.test(text) ? 4 : undefined;
}
