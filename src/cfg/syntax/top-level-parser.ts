/** What stands outside of blocks: parameters, modules, and the heads of route blocks. */
import type {
  CfgEngine,
  Constant,
  CustomParam,
  Flags,
  FlagName,
  GlobalParam,
  LoadModule,
  LoadPath,
  ModParam,
  Name,
  NumberLiteral,
  Pv,
  StringLiteral,
  TopLevel,
  Word,
} from '../ast.ts';
import { familyOf } from './address-parser.ts';
import type { Cursor } from './cursor.ts';
import { moduleWords, numberWords, routeWords, statementWords } from '../text/keywords.ts';
import { ListenParser } from './listen-parser.ts';
import { numberOf, pseudoVariable, stringOf } from './literals.ts';
import type { Lost } from './lost.ts';
import { moduleName } from '../text/preprocessor.ts';
import { nearest } from '../registry.ts';
import { RouteParser } from './route-parser.ts';
import { join } from '../source.ts';
import { StatementParser } from './statement-parser.ts';
import type { Token } from '../text/token.ts';

export class TopLevelParser {
  readonly #cursor: Cursor;
  readonly #lost: Lost;
  readonly #statements: StatementParser;
  readonly #routes: RouteParser;
  readonly #listens: ListenParser;

  constructor(cursor: Cursor, lost: Lost) {
    this.#cursor = cursor;
    this.#lost = lost;
    this.#statements = new StatementParser(cursor);
    this.#routes = new RouteParser(cursor, this.#statements, lost);
    this.#listens = new ListenParser(cursor);
  }

  items(): readonly TopLevel[] {
    const cursor = this.#cursor;
    const items: TopLevel[] = [];
    let orphaned = false;
    while (!cursor.atEnd) {
      if (cursor.accept(';') !== undefined) continue;
      if (this.#atOrphan()) {
        this.#orphans(items, orphaned);
        orphaned = true;
        continue;
      }
      // It closes what the missing { would have opened.
      if (orphaned && cursor.accept('}') !== undefined) continue;
      orphaned = false;
      const item = this.#item();
      if (item !== undefined) items.push(item);
    }
    return items;
  }

  /** A statement, or a block without a head. */
  #atOrphan(): boolean {
    const cursor = this.#cursor;
    const { kind, text } = cursor.peek();
    if (kind === 'pv' || cursor.is('{')) return true;
    if (
      kind !== 'word' ||
      cursor.is('=', 1) ||
      cursor.is('.', 1) ||
      moduleWords.has(text) ||
      (routeWords.has(text) && text !== 'route')
    )
      return false;
    return statementWords.has(text) || this.#statements.expressions.calls.begins();
  }

  /** They are kept where they most likely belong, at the end of the block above, so that they are checked, too. */
  #orphans(items: TopLevel[], told: boolean): void {
    const cursor = this.#cursor;
    const first = cursor.peek();
    const before = items.at(-1);
    if (!told) {
      const closing = cursor.last;
      const related =
        before?.kind === 'routeBlock' && closing.text === '}'
          ? { message: 'the block before ends here', span: closing.span }
          : undefined;
      const hint = related && 'the } above is one too many, or a { is missing in front of it';
      cursor.unexpected(first, 'outside of all blocks', { hint: hint ?? this.#strayHint(first), related });
      if (before?.kind !== 'routeBlock') this.#lost.aRoute = true;
    }
    const statements = this.#statements.orphans();
    if (cursor.peek() === first) cursor.next();
    if (before?.kind !== 'routeBlock') return;
    const body = { ...before.body, statements: [...before.body.statements, ...statements] };
    items[items.length - 1] = { ...before, body };
  }

  #item(): TopLevel | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    const { text } = token;
    if (token.kind !== 'word') return this.#stray(token);
    if (routeWords.has(text) && !cursor.is('=', 1)) return this.#routes.route();
    if (moduleWords.has(text)) return this.#moduleStatement(token);
    if (cursor.is('=', 1)) return this.#listens.begins() ? this.#listens.read() : this.#globalParam();
    if ((text === 'flags' || text === 'bool' || text === 'avpflags') && !cursor.is('.', 1)) return this.#flags();
    if (text === 'coreparam' && cursor.is('[', 1)) return this.#coreParam();
    if (cursor.is('.', 1) || (cursor.is('[', 1) && cursor.peek(2).kind === 'number')) return this.#customParam();
    return this.#stray(token);
  }

  #moduleStatement(token: Token): TopLevel | undefined {
    switch (token.text) {
      case 'loadmodule':
      case 'loadmodulex':
        return this.#loadModule();
      case 'modparam':
      case 'modparamx':
        return this.#modParam();
      case 'cfgengine':
        return this.#pathStatement('cfgEngine');
    }
    return this.#pathStatement('loadPath');
  }

  #stray(token: Token): undefined {
    const cursor = this.#cursor;
    if (token.text === '}' && token.kind === 'punctuation') {
      cursor.unexpected(cursor.next(), 'here: no block is open');
      return undefined;
    }
    cursor.unexpected(token, 'outside of all blocks', { hint: this.#strayHint(token) });
    this.#noteLost(token);
    cursor.next();
    this.#skipToItem();
    return undefined;
  }

  /** A block whose keyword is wrong, or a module. */
  #noteLost({ kind, text }: Token): void {
    const cursor = this.#cursor;
    if (kind !== 'word') {
      if (text === '[') this.#lost.routes.add(cursor.peek(1).text);
    } else if (cursor.is('{', 1) || cursor.is(']', 1)) this.#lost.aRoute = true;
    else if (cursor.is('[', 1)) this.#lost.routes.add(cursor.peek(2).text);
    else if (cursor.peek(1).kind === 'string') this.#lost.aModule = true;
  }

  #strayHint({ kind, text }: Token): string | undefined {
    const cursor = this.#cursor;
    if (kind === 'pv' || (kind === 'word' && (statementWords.has(text) || cursor.is('(', 1)))) {
      return 'statements stand in route blocks, for example request_route { ... }';
    }
    if (kind !== 'word') return undefined;
    const meant = nearest(text, [...routeWords, ...moduleWords]);
    if (meant !== undefined) return `did you mean ${meant}?`;
    if (cursor.is('{', 1) || cursor.is('[', 1)) return `blocks are ${[...routeWords].join(', ')}`;
    return `a parameter is written ${text} = value`;
  }

  /** To something that can begin an item; what is in braces is skipped whole. */
  #skipToItem(): void {
    const cursor = this.#cursor;
    let depth = 0;
    while (!cursor.atEnd) {
      if (cursor.atTopLevelWord()) return;
      const isParam = cursor.peek().kind === 'word' && (cursor.is('=', 1) || (cursor.is('.', 1) && cursor.is('=', 3)));
      if (depth === 0 && (isParam || cursor.is(';'))) return;
      if (cursor.is('{')) depth += 1;
      const { text, kind } = cursor.next();
      if (text === '}' && kind === 'punctuation') {
        depth -= 1;
        if (depth <= 0) return;
      }
    }
  }

  #globalParam(): GlobalParam | undefined {
    const cursor = this.#cursor;
    const name = nameOf(cursor.next());
    return this.#paramValue(name);
  }

  #coreParam(): GlobalParam | undefined {
    const cursor = this.#cursor;
    cursor.next();
    cursor.next();
    const name = nameOf(cursor.next());
    cursor.expect(']', 'after the name of the parameter');
    return this.#paramValue(name);
  }

  #paramValue(name: Name): GlobalParam | undefined {
    const cursor = this.#cursor;
    cursor.expect('=', `after ${name.text}`);
    const value = this.#constant(name.text);
    if (value === undefined) return undefined;
    return { kind: 'globalParam', name, value, span: join(name.span, value.span) };
  }

  #constant(name: string): Constant | undefined {
    const cursor = this.#cursor;
    const addresses = this.#statements.expressions.calls.addresses;
    const token = cursor.peek();
    if (token.kind === 'word' && cursor.is('=', 1)) {
      cursor.missing(`the value of ${name} is missing`);
      return undefined;
    }
    if (token.kind === 'number' && !addresses.isRun()) return this.#number();
    if (cursor.is('-')) return this.#number();
    if (token.kind === 'string') return stringOf(cursor.next());
    if (token.kind === 'word' || token.kind === 'number') {
      const number = numberWords.get(token.text);
      if (number !== undefined) return numberWord(cursor.next(), number);
      return wordOrAddress(addresses.run());
    }
    if (token.kind === 'ip6' || cursor.is('[')) {
      const host = addresses.host();
      return host === undefined ? undefined : { kind: 'ip', text: host.text, family: 6, span: host.span };
    }
    cursor.unexpected(token, `where the value of ${name} belongs`);
    if (!cursor.is(';')) this.#skipToItem();
    return undefined;
  }

  /** A number, perhaps with a sign, or one of the words that are numbers. */
  #number(): NumberLiteral | undefined {
    const cursor = this.#cursor;
    const sign = cursor.accept('-');
    const token = cursor.peek();
    const word = token.kind === 'word' ? numberWords.get(token.text) : undefined;
    if (token.kind !== 'number' && word === undefined) {
      cursor.unexpected(token, 'where a number belongs');
      return undefined;
    }
    cursor.next();
    const number = word === undefined ? numberOf(token, cursor) : numberWord(token, word);
    if (sign === undefined) return number;
    return { ...number, value: -number.value, text: `-${number.text}`, span: join(sign.span, number.span) };
  }

  #customParam(): CustomParam | undefined {
    const cursor = this.#cursor;
    const group = nameOf(cursor.next());
    let instance: number | undefined;
    if (cursor.accept('[') !== undefined) {
      instance = this.#number()?.value;
      cursor.expect(']', 'after the number of the group');
    }
    const dot = cursor.expect('.', `between ${group.text} and the name of the parameter`);
    const token = cursor.peek();
    if (dot === undefined || token.kind !== 'word') {
      if (dot !== undefined) cursor.unexpected(token, 'where the name of a parameter belongs');
      this.#skipToItem();
      return undefined;
    }
    const name = nameOf(cursor.next());
    cursor.expect('=', `after ${group.text}.${name.text}`);
    const value = cursor.peek().kind === 'string' ? stringOf(cursor.next()) : this.#number();
    if (value === undefined) {
      this.#skipToItem();
      return undefined;
    }
    const description = this.#description();
    const span = join(group.span, cursor.last.span);
    return { kind: 'customParam', group, instance, name, value, description, span };
  }

  #description(): StringLiteral | undefined {
    const cursor = this.#cursor;
    if (!cursor.is('desc') && !cursor.is('descr') && !cursor.is('description')) return undefined;
    cursor.next();
    return this.#string('after desc');
  }

  #flags(): Flags {
    const cursor = this.#cursor;
    const word = cursor.next();
    const flags: FlagName[] = [];
    do {
      const token = cursor.peek();
      if (token.kind !== 'word' && token.kind !== 'string') {
        cursor.unexpected(token, 'where the name of a flag belongs');
        break;
      }
      const name = nameOf(cursor.next());
      flags.push({ name, number: cursor.accept(':') === undefined ? undefined : this.#number() });
    } while (cursor.accept(',') !== undefined);
    const of = word.text === 'avpflags' ? 'avp' : 'message';
    return { kind: 'flags', of, flags, span: join(word.span, cursor.last.span) };
  }

  #loadModule(): LoadModule | undefined {
    const cursor = this.#cursor;
    const word = cursor.next();
    const open = cursor.accept('(');
    const path = this.#string(`after ${word.text}`);
    if (path === undefined) {
      this.#lost.aModule = true;
      this.#skipToItem();
      return undefined;
    }
    const options = open !== undefined && cursor.accept(',') !== undefined ? this.#string('after ,') : undefined;
    if (open !== undefined) cursor.expect(')', 'after the module');
    return {
      kind: 'loadModule',
      module: moduleName(this.#onePath(path)),
      path,
      options,
      span: join(word.span, cursor.last.span),
    };
  }

  /** Texts side by side are one text: of two modules the second one lacks its word. */
  #onePath({ value, pieces }: StringLiteral): string {
    const second = pieces.find(({ at }) => at > 0 && value.slice(0, at).endsWith('.so'));
    if (second === undefined) return value;
    this.#lost.aModule = true;
    this.#cursor.report('CFG_MISSING', second.span, 'a loadmodule is missing in front of this text');
    return value.slice(0, second.at);
  }

  #pathStatement(kind: 'loadPath' | 'cfgEngine'): LoadPath | CfgEngine | undefined {
    const cursor = this.#cursor;
    const word = cursor.next();
    cursor.accept('=');
    const value = this.#string(`after ${word.text}`);
    if (value === undefined) return undefined;
    const span = join(word.span, value.span);
    return kind === 'loadPath' ? { kind, path: value, span } : { kind, engine: value, span };
  }

  #modParam(): ModParam | undefined {
    const cursor = this.#cursor;
    const word = cursor.next();
    cursor.expect('(', `after ${word.text}`);
    const modules = this.#string('where the name of the module belongs');
    const comma = modules !== undefined && cursor.expect(',', 'after the name of the module') !== undefined;
    const param = comma ? this.#string('where the name of the parameter belongs') : undefined;
    const next = param !== undefined && cursor.expect(',', 'after the name of the parameter') !== undefined;
    const value = next ? this.#paramOf() : undefined;
    if (modules === undefined || param === undefined || value === undefined) {
      this.#skipToItem();
      return undefined;
    }
    cursor.expect(')', 'after the value of the parameter');
    const span = join(word.span, cursor.last.span);
    return { kind: 'modParam', evaluated: word.text === 'modparamx', modules, param, value, span };
  }

  #paramOf(): NumberLiteral | StringLiteral | Pv | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'string') return stringOf(cursor.next());
    if (token.kind === 'pv') {
      const node = pseudoVariable(cursor.next());
      return node.kind === 'pv' ? node : { kind: 'pv', text: token.text, span: token.span };
    }
    if (token.kind !== 'word' || numberWords.has(token.text)) return this.#number();
    cursor.next();
    const similar = cursor.similarDefine(token.text);
    cursor.report('CFG_UNDEFINED_WORD', token.span, `${token.text} is not defined`, {
      hint:
        similar === undefined
          ? `a text needs quotes, a name its #!define ${token.text} value`
          : `did you mean ${similar}?`,
    });
    return undefined;
  }

  #string(where: string): StringLiteral | undefined {
    const cursor = this.#cursor;
    if (cursor.peek().kind === 'string') return stringOf(cursor.next());
    cursor.missing(`a text in quotes is missing ${where}`);
    return undefined;
  }
}

function nameOf({ text, span }: Token): Name {
  return { text, span };
}

function numberWord({ text, span }: Token, value: number): NumberLiteral {
  return { kind: 'number', value, text, span };
}

function wordOrAddress({ text, span }: Name): Word | Constant {
  return familyOf(text) === 4 ? { kind: 'ip', text, family: 4, span } : { kind: 'word', text, span };
}
