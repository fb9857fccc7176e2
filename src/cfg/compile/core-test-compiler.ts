/** The tests that are words of the language: `uri == myself`, `src_ip == 10.0.0.0/8`, `method == INVITE`, `proto == tls`. */
import type { Flow } from '../../transport/flow.ts';
import { hostAddress, parseUri } from '../../sip/uri.ts';
import { formatIp, parseIp } from '../../util/ip.ts';
import type { CoreField, CoreOp, CoreTest, CoreValue, Expression } from '../ast.ts';
import { matcherFor } from './patterns.ts';
import type { Context } from '../registry.ts';
import { type Code, constant, Run } from './run.ts';
import type { Scene } from './scene.ts';
import { toInt, toText, type Value } from './values.ts';

type Read<T> = (run: Run) => T;

/** The largest message that can come: Kamailio's max_len. */
const MAX_LENGTH = 65_535;

const bit = (holds: boolean): number => (holds ? 1 : 0);

export class CoreTestCompiler {
  readonly #scene: Scene;
  readonly #expression: (expression: Expression) => Code;

  constructor(scene: Scene, expression: (expression: Expression) => Code) {
    this.#scene = scene;
    this.#expression = expression;
  }

  compile(test: CoreTest): Code {
    switch (test.field) {
      case 'method':
      case 'uri':
      case 'status':
      case 'from_uri':
      case 'to_uri':
        return this.#text(test, this.#textOf(test.field));
      case 'src_ip':
      case 'dst_ip':
      case 'snd_ip':
      case 'to_ip':
        return this.#address(test, addressOf(test.field));
      case 'src_port':
      case 'dst_port':
      case 'snd_port':
      case 'to_port':
      case 'af':
      case 'snd_af':
      case 'to_af':
      case 'msg:len':
        return this.#number(test, numberOf(test.field));
      case 'proto':
      case 'snd_proto':
      case 'to_proto':
        return this.#proto(test);
    }
  }

  /** Texts of keyword tests are compared without regard to case. */
  #text(test: CoreTest, read: Read<string>): Code {
    const { op, value } = test;
    if (value.kind === 'myself') return this.#isMyself(op, (run) => this.#isOwnUri(read(run)));
    const right = this.#value(value);
    if (op === '=~') {
      const matches = matcherFor(asExpression(value), this.#scene);
      return withLeft(right, read, (text, pattern) => bit(matches(text, toText(pattern))));
    }
    const wanted = op === '==';
    return withLeft(right, read, (text, other) => bit((text.toLowerCase() === toText(other).toLowerCase()) === wanted));
  }

  /** From and To are headers: they may be wanted as they were received. */
  #textOf(field: keyof typeof textOf): Read<string> {
    const read = textOf[field];
    const { ways, binder } = this.#scene;
    if (!ways.readsReceived || (field !== 'from_uri' && field !== 'to_uri')) return read;
    return (run) => read(new Run(binder.received(run.ctx), run.kind));
  }

  #isOwnUri(text: string): boolean {
    const uri = parseUri(text);
    return uri?.kind === 'sip' && this.#scene.binder.isLocal(hostAddress(uri.host), uri.port);
  }

  #isMyself(op: CoreOp, holds: Read<boolean>): Code {
    const wanted = op !== '!=';
    return { kind: 'now', calls: false, eval: (run) => bit(holds(run) === wanted) };
  }

  #address(test: CoreTest, read: Read<string>): Code {
    const { op, value } = test;
    const wanted = op !== '!=';
    if (value.kind === 'myself') return this.#isMyself(op, (run) => this.#scene.binder.isLocal(read(run), 'any'));
    if (value.kind === 'ip') {
      const address = canonical(value.text);
      return { kind: 'now', calls: false, eval: (run) => bit((canonical(read(run)) === address) === wanted) };
    }
    if (value.kind === 'network') {
      const contains = networkTest(value.address, value.mask);
      if (contains !== undefined)
        return { kind: 'now', calls: false, eval: (run) => bit(contains(read(run)) === wanted) };
      this.#scene.report('CFG_CORE_TEST', value.span, `${value.address}/${value.mask} is no network`);
      return constant(0);
    }
    if (value.kind === 'word') {
      this.#scene.report('CFG_CORE_TEST', value.span, `${value.text} is not an address`, {
        hint: 'names are not looked up here: write the address, or compare $si with a text',
      });
      return constant(0);
    }
    const right = this.#value(value);
    if (op === '=~') {
      const matches = matcherFor(asExpression(value), this.#scene);
      return withLeft(right, read, (text, pattern) => bit(matches(text, toText(pattern))));
    }
    return withLeft(right, read, (text, other) => bit(addressFits(text, toText(other)) === wanted));
  }

  #number({ op, value }: CoreTest, read: Read<number>): Code {
    const right = value.kind === 'maxLength' ? constant(MAX_LENGTH) : this.#value(value);
    const compare = comparisons.get(op) ?? (() => false);
    return withLeft(right, read, (number, other) => bit(compare(number, toInt(other))));
  }

  #proto({ field, op, value }: CoreTest): Code {
    const read: Read<string> =
      field === 'proto' ? ({ ctx }) => ctx.received.flow.transport : (run) => leavingOn(run)?.transport ?? '';
    const wanted = op !== '!=';
    const right = value.kind === 'word' ? constant(value.text) : this.#value(value);
    return withLeft(right, read, (transport, other) => bit((transport === toText(other).toLowerCase()) === wanted));
  }

  #value(value: CoreValue): Code {
    return value.kind === 'word' ? constant(value.text) : this.#expression(asExpression(value));
  }
}

/** Values that are no expressions have been dealt with before. */
function asExpression(value: CoreValue): Expression {
  if (value.kind === 'myself' || value.kind === 'network' || value.kind === 'maxLength') {
    return { kind: 'invalid', span: value.span };
  }
  return value;
}

function withLeft<T>(right: Code, read: Read<T>, fn: (left: T, right: Value) => Value): Code {
  if (right.kind === 'now') {
    const other = right.eval;
    return { kind: 'now', calls: right.calls, eval: (run) => fn(read(run), other(run)) };
  }
  const other = right.eval;
  return {
    kind: 'later',
    calls: right.calls,
    eval(run) {
      const value = other(run);
      return value instanceof Promise ? value.then((known) => fn(read(run), known)) : fn(read(run), value);
    },
  };
}

/** Where the message goes that an onsend_route looks at. */
const leavingOn = ({ ctx }: Run): Flow | undefined => ('destination' in ctx ? ctx.destination.flow : undefined);

const methodOf = ({ message }: Context): string =>
  message.kind === 'request' ? message.method : (message.cseq?.method ?? '');

/** The slot of the Request-URI holds the status code in a reply. */
const firstLine: Read<string> = ({ ctx: { message } }) =>
  message.kind === 'request' ? message.uri : String(message.status);

const textOf: Readonly<Record<'method' | 'uri' | 'status' | 'from_uri' | 'to_uri', Read<string>>> = {
  method: ({ ctx }) => methodOf(ctx),
  uri: firstLine,
  status: firstLine,
  from_uri: ({ ctx }) => ctx.message.from?.uri ?? '',
  to_uri: ({ ctx }) => ctx.message.to?.uri ?? '',
};

const comparisons: ReadonlyMap<CoreOp, (left: number, right: number) => boolean> = new Map<
  CoreOp,
  (left: number, right: number) => boolean
>([
  ['==', (a, b) => a === b],
  ['!=', (a, b) => a !== b],
  ['<', (a, b) => a < b],
  ['>', (a, b) => a > b],
  ['<=', (a, b) => a <= b],
  ['>=', (a, b) => a >= b],
]);

/** AF_INET and AF_INET6. */
const familyOf = (address: string): number => (address.includes(':') ? 10 : 2);

function canonical(address: string): string {
  if (!address.includes(':')) return address;
  const bytes = parseIp(address);
  return bytes === undefined ? address : formatIp(bytes);
}

function addressFits(address: string, wanted: string): boolean {
  const slash = wanted.indexOf('/');
  if (slash < 0) return canonical(address) === canonical(hostAddress(wanted));
  return networkTest(wanted.slice(0, slash), wanted.slice(slash + 1))?.(address) ?? false;
}

/** `mask` is a number of bits or a dotted mask. */
export function networkTest(network: string, mask: number | string): ((address: string) => boolean) | undefined {
  const base = parseIp(network);
  if (base === undefined) return undefined;
  const bits = maskBytes(mask, base.length);
  if (bits === undefined) return undefined;
  return (address) => {
    const bytes = parseIp(address);
    return (
      bytes !== undefined &&
      bytes.length === base.length &&
      bytes.every((byte, i) => (byte & (bits[i] ?? 0)) === ((base[i] ?? 0) & (bits[i] ?? 0)))
    );
  };
}

function maskBytes(mask: number | string, length: number): Uint8Array | undefined {
  const count = typeof mask === 'number' ? mask : /^\d{1,3}$/.test(mask) ? Number(mask) : undefined;
  if (count === undefined) {
    const bytes = parseIp(String(mask));
    return bytes?.length === length ? bytes : undefined;
  }
  if (count > length * 8) return undefined;
  return Uint8Array.from({ length }, (_, i) => 0xff & ~(0xff >> Math.max(0, Math.min(8, count - i * 8))));
}

function addressOf(field: 'src_ip' | 'dst_ip' | 'snd_ip' | 'to_ip'): Read<string> {
  switch (field) {
    case 'src_ip':
      return ({ ctx }) => ctx.received.flow.remote.address;
    case 'dst_ip':
      return ({ ctx }) => ctx.received.flow.local.address;
    case 'snd_ip':
      return (run) => leavingOn(run)?.local.address ?? '';
    case 'to_ip':
      return (run) => leavingOn(run)?.remote.address ?? '';
  }
}

function numberOf(
  field: Extract<CoreField, 'src_port' | 'dst_port' | 'snd_port' | 'to_port' | 'af' | 'snd_af' | 'to_af' | 'msg:len'>,
): Read<number> {
  switch (field) {
    case 'src_port':
      return ({ ctx }) => ctx.received.flow.remote.port;
    case 'dst_port':
      return ({ ctx }) => ctx.received.flow.local.port;
    case 'snd_port':
      return (run) => leavingOn(run)?.local.port ?? 0;
    case 'to_port':
      return (run) => leavingOn(run)?.remote.port ?? 0;
    case 'af':
      return ({ ctx }) => familyOf(ctx.received.flow.remote.address);
    case 'snd_af':
    case 'to_af':
      return (run) => familyOf(leavingOn(run)?.remote.address ?? '');
    case 'msg:len':
      return ({ ctx }) => ctx.received.bytes.length;
  }
}
