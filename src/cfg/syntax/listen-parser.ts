/** Where to listen and what to be called: `listen = ...`, `socket = { ... }`, `alias = ...`. */
import { AddressParser } from './address-parser.ts';
import type { Alias, Listen, NumberLiteral, SocketAddress, StringLiteral } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { moduleWords, numberWords, routeWords } from '../text/keywords.ts';
import { numberOf, stringOf } from './literals.ts';
import { join } from '../source.ts';
import type { Token } from '../text/token.ts';

const listWords: ReadonlySet<string> = new Set([
  'advertise',
  'ADVERTISE',
  'name',
  'virtual',
  'flags',
  'bool',
  'avpflags',
]);

type Words = Omit<Listen, 'kind' | 'form' | 'span'>;
type Draft = { -readonly [Key in keyof Words]: Words[Key] };

export class ListenParser {
  readonly #cursor: Cursor;
  readonly #addresses: AddressParser;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
    this.#addresses = new AddressParser(cursor);
  }

  /** Whether the word in front of `=` is one of these. */
  begins(): boolean {
    const { text } = this.#cursor.peek();
    return text === 'listen' || text === 'alias' || text === 'domain' || (text === 'socket' && this.#cursor.is('{', 2));
  }

  read(): Listen | Alias {
    const cursor = this.#cursor;
    const word = cursor.next();
    cursor.next();
    if (word.text === 'listen') return this.#listen(word);
    if (word.text === 'socket') return this.#socket(word);
    const names = this.#list();
    if (names.length === 0) cursor.missing('a host name is missing');
    return { kind: 'alias', names, span: join(word.span, cursor.last.span) };
  }

  #listen(word: Token): Listen {
    const cursor = this.#cursor;
    const draft: Draft = { ...nothing, sockets: this.#list() };
    if (draft.sockets.length === 0) cursor.missing('an address to listen on is missing');
    for (;;) {
      if (cursor.accept('advertise') !== undefined || cursor.accept('ADVERTISE') !== undefined) {
        draft.advertise = this.#addresses.socket();
      } else if (cursor.is('name') && !cursor.is('=', 1)) {
        cursor.next();
        draft.name = this.#string('after name');
      } else if (cursor.is('virtual') && !cursor.is('=', 1)) {
        cursor.next();
        draft.virtual = true;
      } else break;
    }
    return { kind: 'listen', form: 'listen', ...draft, span: join(word.span, cursor.last.span) };
  }

  /** Sockets until something comes that begins another item. */
  #list(): readonly SocketAddress[] {
    const sockets: SocketAddress[] = [];
    while (this.#addresses.atHost() && !this.#atNextItem()) {
      const socket = this.#addresses.socket();
      if (socket === undefined) break;
      sockets.push(socket);
    }
    return sockets;
  }

  #atNextItem(): boolean {
    const cursor = this.#cursor;
    const { kind, text } = cursor.peek();
    if (kind !== 'word') return false;
    if (listWords.has(text) || moduleWords.has(text) || routeWords.has(text) || cursor.is('=', 1)) return true;
    // `group.name = 1` and `group[1].name = 1`
    if (cursor.is('[', 1)) return true;
    return cursor.is('.', 1) && cursor.peek(2).kind === 'word' && cursor.is('=', 3);
  }

  #socket(word: Token): Listen {
    const cursor = this.#cursor;
    const open = cursor.next();
    const draft: Draft = { ...nothing };
    while (!cursor.is('}') && !cursor.atEnd && !cursor.atTopLevelWord()) {
      if (cursor.accept(';') === undefined) this.#field(draft);
    }
    if (cursor.accept('}') === undefined) cursor.report('CFG_UNCLOSED_BLOCK', open.span, 'this { has no }');
    const span = join(word.span, cursor.last.span);
    if (draft.sockets.length === 0) cursor.report('CFG_MISSING', span, 'bind is missing in this socket');
    return { kind: 'listen', form: 'socket', ...draft, span };
  }

  #field(draft: Draft): void {
    const cursor = this.#cursor;
    const field = cursor.next();
    const known = field.kind === 'word' && cursor.accept('=') !== undefined;
    if (known && field.text === 'bind') draft.sockets = this.#list();
    else if (known && field.text === 'advertise') draft.advertise = this.#addresses.socket();
    else if (known && field.text === 'name') draft.name = this.#string('after name =');
    else if (known && field.text === 'agname') draft.groupName = this.#string('after agname =');
    else if (known && field.text === 'vrf') draft.vrf = this.#string('after vrf =');
    else if (known && field.text === 'workers') draft.workers = this.#number();
    else if (known && field.text === 'virtual') draft.virtual = this.#number()?.value !== 0;
    else {
      cursor.unexpected(field, 'in socket = { }', {
        hint: 'there are bind, advertise, name, agname, workers, virtual and vrf',
      });
      while (!cursor.atEnd && !cursor.is(';') && !cursor.is('}')) cursor.next();
    }
  }

  #string(where: string): StringLiteral | undefined {
    const cursor = this.#cursor;
    if (cursor.peek().kind === 'string') return stringOf(cursor.next());
    cursor.missing(`a text in quotes is missing ${where}`);
    return undefined;
  }

  #number(): NumberLiteral | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'number') return numberOf(cursor.next(), cursor);
    const value = token.kind === 'word' ? numberWords.get(token.text) : undefined;
    if (value !== undefined) return { kind: 'number', value, text: cursor.next().text, span: token.span };
    cursor.unexpected(token, 'where a number belongs');
    return undefined;
  }
}

const nothing: Words = {
  sockets: [],
  advertise: undefined,
  name: undefined,
  groupName: undefined,
  workers: undefined,
  virtual: false,
  vrf: undefined,
};
