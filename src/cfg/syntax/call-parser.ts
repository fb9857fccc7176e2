/** Calls of functions and routes: `f(a, b)`, `force_rport;`, `route(NAME)`, and what core functions take as arguments. */
import type { Call, Expression, Name, RouteCall, RouteName, Word } from '../ast.ts';
import { AddressParser } from './address-parser.ts';
import type { Cursor } from './cursor.ts';
import { bareFunctions, coreFunctions, wordFunctions } from '../text/keywords.ts';
import { joined, numberOf } from './literals.ts';
import { join } from '../source.ts';

export class CallParser {
  readonly addresses: AddressParser;
  readonly #cursor: Cursor;
  readonly #expression: () => Expression;

  constructor(cursor: Cursor, expression: () => Expression) {
    this.#cursor = cursor;
    this.#expression = expression;
    this.addresses = new AddressParser(cursor);
  }

  /** Whether a call begins here: a name with a bracket behind it, or a function that needs none. */
  begins(): boolean {
    const cursor = this.#cursor;
    const { kind, text } = cursor.peek();
    if (kind !== 'word') return false;
    return cursor.is('(', 1) || bareFunctions.has(text) || this.#dottedLength() > 1;
  }

  call(): Call | RouteCall {
    const cursor = this.#cursor;
    const first = cursor.peek();
    if (first.text === 'route') return this.#routeCall();
    const name = this.#name();
    const core = coreFunctions.has(name.text);
    const open = cursor.accept('(');
    const args = open === undefined ? [] : this.#arguments(name.text);
    const span = join(first.span, cursor.last.span);
    return { kind: 'call', name, core, parenthesised: open !== undefined, args, span };
  }

  /** `string.format(` is no name of Kamailio, but whoever checks the calls can say so better. */
  #name(): Name {
    const cursor = this.#cursor;
    const length = this.#dottedLength();
    const first = cursor.next();
    let text = first.text;
    for (let taken = 1; taken < length; taken += 1) text += cursor.next().text;
    return { text, span: join(first.span, cursor.last.span) };
  }

  /** How many tokens `a.b.c` has when a bracket follows; 1 otherwise. */
  #dottedLength(): number {
    const cursor = this.#cursor;
    let length = 1;
    while (
      length < 16 &&
      cursor.is('.', length) &&
      cursor.peek(length).glued &&
      cursor.peek(length + 1).kind === 'word'
    ) {
      length += 2;
    }
    return cursor.is('(', length) ? length : 1;
  }

  #routeCall(): RouteCall {
    const cursor = this.#cursor;
    const word = cursor.next();
    cursor.expect('(', 'after route');
    const target = this.routeName(')') ?? this.#expression();
    cursor.expect(')', 'after the name of the route');
    return { kind: 'routeCall', target, span: join(word.span, cursor.last.span) };
  }

  /** A fixed name in front of `closing`; undefined when something else stands there. */
  routeName(closing: ')' | ']'): RouteName | undefined {
    const cursor = this.#cursor;
    const { kind, text, span } = cursor.peek();
    const form = kind === 'word' || kind === 'number' || kind === 'string' ? kind : undefined;
    if (form === undefined) return undefined;
    if (cursor.is(closing, 1) || form === 'string') {
      if (!cursor.is(closing, 1)) return undefined;
      cursor.next();
      return { kind: 'routeName', text, form, span };
    }
    if (!this.#isDashed()) return undefined;
    const run = this.addresses.run();
    cursor.report('CFG_EXTENSION', run.span, `Kamailio takes ${run.text} as the name of a route only in quotes`);
    return { kind: 'routeName', text: run.text, form: 'word', span: run.span };
  }

  #isDashed(): boolean {
    const cursor = this.#cursor;
    return (cursor.is('-', 1) || cursor.is('.', 1)) && cursor.peek(1).glued && cursor.peek(2).glued;
  }

  #arguments(name: string): readonly Expression[] {
    const cursor = this.#cursor;
    const args: Expression[] = [];
    if (cursor.accept(')') !== undefined) return args;
    const takesWords = wordFunctions.has(name);
    for (;;) {
      args.push((takesWords ? this.#word() : undefined) ?? joined(cursor.nested(cursor.peek().span, this.#expression)));
      if (cursor.accept(',') !== undefined) continue;
      if (cursor.accept(')') === undefined) {
        cursor.missing(`) is missing after the arguments of ${name}`);
        this.#skipArguments();
      }
      return args;
    }
  }

  /** To the bracket that closes the call, if it comes in this statement. */
  #skipArguments(): void {
    const cursor = this.#cursor;
    let depth = 0;
    while (!cursor.atEnd && !cursor.is(';') && !cursor.is('{') && !cursor.is('}') && !cursor.atTopLevelWord()) {
      if (cursor.is('(')) depth += 1;
      else if (cursor.is(')')) {
        depth -= 1;
        if (depth < 0) cursor.next();
        if (depth < 0) return;
      }
      cursor.next();
    }
  }

  /** Flags, hosts and sockets, which need no quotes: `setflag(NAME)`, `forward(10.0.0.1, 5060)`. */
  #word(): Expression | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'number' && !this.addresses.isRun()) {
      return this.#endsArgument(1) ? numberOf(cursor.next(), cursor) : undefined;
    }
    if (token.kind === 'word' && token.text === 'uri' && cursor.is(':', 1)) return this.#uriPart();
    if (token.kind === 'word' && this.#endsArgument(1)) {
      cursor.next();
      return { kind: 'word', text: token.text, span: token.span };
    }
    const isAddress = token.kind === 'word' || token.kind === 'number' || token.kind === 'ip6' || cursor.is('[');
    if (!isAddress || cursor.is('(', 1)) return undefined;
    return this.#address();
  }

  #address(): Expression | undefined {
    const socket = this.addresses.socket();
    const host = socket?.hosts[0];
    if (socket === undefined || host === undefined) return undefined;
    if (socket.proto !== undefined || socket.port !== undefined) return socket;
    return { kind: 'word', text: host.text, span: host.span };
  }

  /** `uri:host` and `uri:port`: parts of the request URI. */
  #uriPart(): Word {
    const cursor = this.#cursor;
    const first = cursor.next();
    cursor.next();
    const part = cursor.next();
    if (part.text !== 'host' && part.text !== 'port') cursor.unexpected(part, 'after uri:, where host or port belongs');
    return { kind: 'word', text: `uri:${part.text}`, span: join(first.span, part.span) };
  }

  #endsArgument(distance: number): boolean {
    return this.#cursor.is(',', distance) || this.#cursor.is(')', distance);
  }
}
