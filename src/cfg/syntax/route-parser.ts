/** The heads of route blocks: which route it is, and its name. */
import type { RouteBlock, RouteKind, RouteName } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import type { Lost } from './lost.ts';
import { join } from '../source.ts';
import type { StatementParser } from './statement-parser.ts';
import type { Token } from '../text/token.ts';

interface Head {
  readonly named: RouteKind;
  /** Undefined: the name cannot be left out. */
  readonly unnamed: RouteKind | undefined;
}

const heads: ReadonlyMap<string, Head> = new Map<string, Head>([
  ['route', { named: 'sub', unnamed: 'request' }],
  ['request_route', { named: 'request', unnamed: 'request' }],
  ['failure_route', { named: 'failure', unnamed: 'failure' }],
  ['reply_route', { named: 'reply', unnamed: 'reply' }],
  ['onreply_route', { named: 'onreply', unnamed: 'reply' }],
  ['branch_route', { named: 'branch', unnamed: 'branch' }],
  ['onsend_route', { named: 'onsend', unnamed: 'onsend' }],
  ['event_route', { named: 'event', unnamed: undefined }],
]);

export class RouteParser {
  readonly #cursor: Cursor;
  readonly #statements: StatementParser;
  readonly #lost: Lost;

  constructor(cursor: Cursor, statements: StatementParser, lost: Lost) {
    this.#cursor = cursor;
    this.#statements = statements;
    this.#lost = lost;
  }

  route(): RouteBlock | undefined {
    const cursor = this.#cursor;
    const keyword = cursor.next();
    const name = cursor.is('[') ? this.#name(keyword) : undefined;
    const head = heads.get(keyword.text);
    const unnamed =
      name === undefined || (name.text === '0' && head?.unnamed !== 'failure' && head?.unnamed !== 'branch');
    const route = unnamed ? head?.unnamed : head?.named;
    if (route === undefined) cursor.missing(`the name of the event is missing: ${keyword.text}[module:event]`);
    if (!cursor.is('{')) {
      cursor.missing(`the { of this ${keyword.text} is missing`);
      this.#skipHead();
      if (!cursor.is('{')) {
        this.#note(name);
        return undefined;
      }
    }
    const body = this.#statements.block();
    const span = join(keyword.span, cursor.last.span);
    if (route === undefined) return undefined;
    return {
      kind: 'routeBlock',
      route,
      keyword: { text: keyword.text, span: keyword.span },
      name: unnamed ? undefined : name,
      body,
      span,
    };
  }

  #note(name: RouteName | undefined): void {
    if (name === undefined || name.text === '') this.#lost.aRoute = true;
    else this.#lost.routes.add(name.text);
  }

  #name(keyword: Token): RouteName | undefined {
    const cursor = this.#cursor;
    cursor.next();
    const token = cursor.peek();
    const name =
      token.kind === 'eventName' ? eventName(cursor.next()) : this.#statements.expressions.calls.routeName(']');
    if (name === undefined) cursor.unexpected(token, `where the name of this ${keyword.text} belongs`);
    else if (cursor.accept(']') !== undefined) return name;
    else cursor.missing('] is missing after the name');
    while (!cursor.atEnd && !cursor.is('{') && !cursor.is('}') && !cursor.atTopLevelWord()) {
      if (cursor.accept(']') !== undefined) break;
      cursor.next();
    }
    if (name === undefined) this.#lost.aRoute = true;
    return name ?? { kind: 'routeName', text: '', form: 'word', span: token.span };
  }

  /** Something stands between the head and its block. */
  #skipHead(): void {
    const cursor = this.#cursor;
    while (!cursor.atEnd && !cursor.is('{') && !cursor.is(';') && !cursor.is('}') && !cursor.atTopLevelWord())
      cursor.next();
  }
}

function eventName({ text, span }: Token): RouteName {
  return { kind: 'routeName', text, form: 'word', span };
}
