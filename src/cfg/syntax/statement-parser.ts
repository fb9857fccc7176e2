/** What stands in route blocks: calls, assignments, `if`, `while`, `switch`, and what leaves them. */
import type { Assign, Block, Case, CaseLabel, Expression, If, Statement, Switch, While } from '../ast.ts';
import { type Cursor, describe } from './cursor.ts';
import { ExpressionParser } from './expression-parser.ts';
import { coreFunctions, statementWords } from '../text/keywords.ts';
import { isTarget } from './literals.ts';
import { type Span, join } from '../source.ts';
import type { Token } from '../text/token.ts';

export class StatementParser {
  readonly expressions: ExpressionParser;
  readonly #cursor: Cursor;
  #inSwitch = 0;
  #outside = false;
  #unclosedBefore: Token | undefined;
  /** Blocks that are open, and the first one of them that a } of another block seems to have closed. */
  #depth = 0;
  #suspect: Span | undefined;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
    this.expressions = new ExpressionParser(cursor, () => this.block());
  }

  /** `{ ... }`. An empty one is accepted, which Kamailio does not. */
  block(): Block {
    const cursor = this.#cursor;
    const open = cursor.expect('{', 'where a block belongs') ?? cursor.peek();
    this.#depth += 1;
    const statements = cursor.nested(open.span, () => this.#statements());
    const close = cursor.accept('}');
    if (close === undefined) this.#unclosed(open);
    else this.#noteIndent(open, close);
    return { kind: 'block', statements, braced: true, span: join(open.span, cursor.last.span) };
  }

  /** Statements that stand outside of all blocks, up to the } that would end theirs. */
  orphans(): readonly Statement[] {
    const cursor = this.#cursor;
    cursor.accept('{');
    cursor.accept('else');
    this.#outside = true;
    const statements = cursor.nested(cursor.peek().span, () => this.#statements());
    this.#outside = false;
    cursor.accept('}');
    return statements;
  }

  /** A } further left than the line of its { most likely belongs to another one: this { lacks its own. */
  #noteIndent(open: Token, close: Token): void {
    const cursor = this.#cursor;
    this.#depth -= 1;
    if (this.#suspect !== undefined && this.#depth > 0) return;
    if (this.#depth === 0) this.#suspect = undefined;
    else if (open.span.macro === undefined && close.span.macro === undefined) {
      const left = cursor.indent(close.span);
      const line = cursor.indent(open.span)?.line;
      if (left !== undefined && line !== undefined && left.own < line) this.#suspect = open.span;
    }
  }

  #unclosed(open: Token): void {
    const cursor = this.#cursor;
    const next = cursor.peek();
    // One missing brace leaves all the blocks around it open; the innermost is the one to look at.
    if (this.#unclosedBefore === next) return;
    this.#unclosedBefore = next;
    const suspect = this.#suspect;
    this.#suspect = undefined;
    this.#depth = 0;
    if (suspect !== undefined) {
      cursor.report('CFG_UNCLOSED_BLOCK', suspect, 'this { has no }, as the indentation shows', {
        related: { message: 'this one is left open by it', span: open.span },
      });
      return;
    }
    if (next.kind === 'end') {
      cursor.report('CFG_UNCLOSED_BLOCK', open.span, 'this { has no }');
      return;
    }
    cursor.report('CFG_UNCLOSED_BLOCK', open.span, `this { has no } before ${describe(next)}`, {
      related: { message: 'the next block begins here', span: next.span },
    });
  }

  #statements(): readonly Statement[] {
    const cursor = this.#cursor;
    const statements: Statement[] = [];
    while (!cursor.atEnd && !cursor.is('}') && !cursor.atTopLevelWord()) {
      if (cursor.accept(';') !== undefined) continue;
      if (cursor.is('case') || cursor.is('default')) break;
      // A global parameter: outside of blocks there may be one.
      if (this.#outside && cursor.peek().kind === 'word' && cursor.is('=', 1)) break;
      const statement = this.#statement();
      if (statement !== undefined) statements.push(statement);
    }
    if (!cursor.is('case') && !cursor.is('default')) return statements;
    return this.#strayCase(statements);
  }

  /** Labels outside of a switch are skipped, what follows them is kept. */
  #strayCase(before: readonly Statement[]): readonly Statement[] {
    if (this.#inSwitch > 0) return before;
    const cursor = this.#cursor;
    cursor.unexpected(cursor.next(), 'outside of a switch');
    while (!cursor.atEnd && !cursor.is(':') && !cursor.is('}') && !cursor.is(';')) cursor.next();
    cursor.accept(':');
    return [...before, ...cursor.nested(cursor.last.span, () => this.#statements())];
  }

  #statement(): Statement | undefined {
    const cursor = this.#cursor;
    const token = cursor.peek();
    if (token.kind === 'word') return this.#wordStatement(token);
    if (cursor.is('{')) {
      cursor.report('CFG_EXTENSION', token.span, 'Kamailio has no block without if, while or switch');
      return this.block();
    }
    if (token.kind === 'pv' || cursor.is('@') || cursor.is('%')) return this.#assign();
    return this.#noStatement(token);
  }

  #wordStatement(token: Token): Statement | undefined {
    const cursor = this.#cursor;
    switch (token.text) {
      case 'if':
        return this.#if();
      case 'while':
        return this.#while();
      case 'switch':
        return this.#switch();
      case 'return':
      case 'exit':
      case 'drop':
        return this.#leave(token.text);
      case 'break': {
        cursor.next();
        this.#end();
        return { kind: 'break', span: token.span };
      }
      case 'else':
        cursor.next();
        cursor.unexpected(token, 'without an if in front of it', { hint: 'a ; or a } may stand before it wrongly' });
        return this.#single();
      case 'elseif':
      case 'elsif':
      case 'elif':
        return this.#elseIf(token);
      case 'for':
      case 'foreach':
        return this.#foreignLoop(token);
    }
    if (this.expressions.calls.begins()) {
      const call = this.expressions.calls.call();
      this.#end();
      return { kind: 'callStatement', call, span: call.span };
    }
    return this.#noStatement(token);
  }

  /** The word of other languages for `else if`: what stands behind it is read like that. */
  #elseIf(token: Token): Statement {
    this.#cursor.unexpected(token, 'here', { hint: 'write else if' });
    return this.#if();
  }

  /** A loop of other languages: its head is passed over, its body is read. */
  #foreignLoop(token: Token): Statement {
    const cursor = this.#cursor;
    const hint = 'write a while with an index, $(avp(x)[$var(i)])';
    cursor.report('CFG_UNSUPPORTED', token.span, `kamailio.cfg has no ${token.text}`, { hint });
    cursor.next();
    let depth = 0;
    while (!cursor.atEnd && !cursor.is('{') && !cursor.is('}') && !cursor.atTopLevelWord()) {
      if (cursor.is('(')) depth += 1;
      if (cursor.next().text === ')' && --depth <= 0) break;
    }
    return this.#single();
  }

  /** A statement where braces may be left out. */
  #single(): Block {
    const cursor = this.#cursor;
    if (cursor.is('{')) return this.block();
    const first = cursor.peek();
    if (cursor.accept(';') !== undefined) return { kind: 'block', statements: [], braced: false, span: first.span };
    if (cursor.is('}') || cursor.atEnd || cursor.atTopLevelWord()) {
      cursor.missing('a statement or a block is missing');
      return { kind: 'block', statements: [], braced: false, span: cursor.behind() };
    }
    const statement = this.#statement();
    const statements = statement === undefined ? [] : [statement];
    return { kind: 'block', statements, braced: false, span: statement?.span ?? first.span };
  }

  #if(): If {
    const cursor = this.#cursor;
    const word = cursor.next();
    return cursor.nested(word.span, (): If => {
      const condition = this.#condition('if');
      const consequence = this.#single();
      const alternative = cursor.accept('else') === undefined ? undefined : this.#single();
      return { kind: 'if', condition, consequence, alternative, span: join(word.span, cursor.last.span) };
    });
  }

  #while(): While {
    const cursor = this.#cursor;
    const word = cursor.next();
    return cursor.nested(word.span, (): While => {
      const condition = this.#condition('while');
      const body = this.#single();
      return { kind: 'while', condition, body, span: join(word.span, cursor.last.span) };
    });
  }

  #condition(word: string): Expression {
    const cursor = this.#cursor;
    if (cursor.is('{') || cursor.is(';')) {
      cursor.missing(`the condition of ${word} is missing`);
      return { kind: 'invalid', span: cursor.behind() };
    }
    const condition = this.expressions.expression();
    if (cursor.is(')')) cursor.unexpected(cursor.next(), 'here: there is one bracket too many');
    return condition;
  }

  #switch(): Switch {
    const cursor = this.#cursor;
    const word = cursor.next();
    const subject = this.#condition('switch');
    const open = cursor.expect('{', 'after the value of switch');
    this.#inSwitch += 1;
    const begins = open !== undefined || cursor.is('case') || cursor.is('default');
    const cases = !begins ? [] : cursor.nested(word.span, () => this.#cases());
    this.#inSwitch -= 1;
    if (begins && cursor.accept('}') === undefined && open !== undefined) this.#unclosed(open);
    return { kind: 'switch', subject, cases, span: join(word.span, cursor.last.span) };
  }

  #cases(): readonly Case[] {
    const cursor = this.#cursor;
    const cases: Case[] = [];
    while (!cursor.atEnd && !cursor.is('}') && !cursor.atTopLevelWord()) {
      const first = cursor.peek();
      const label = this.#label();
      if (label === undefined) {
        cursor.unexpected(first, 'in a switch, where case or default belongs');
        cursor.skipStatement();
        continue;
      }
      cursor.expect(':', 'after the label');
      const body = this.#statements();
      cases.push({ kind: 'case', label, body, span: join(first.span, cursor.last.span) });
    }
    this.#checkLabels(cases);
    return cases;
  }

  #label(): CaseLabel | undefined {
    const cursor = this.#cursor;
    if (cursor.accept('default') !== undefined) return { kind: 'default' };
    if (cursor.accept('case') === undefined) return undefined;
    if (cursor.accept('/') !== undefined) return { kind: 'regex', pattern: this.expressions.expression() };
    return { kind: 'value', value: this.expressions.expression() };
  }

  #checkLabels(cases: readonly Case[]): void {
    const cursor = this.#cursor;
    const second = cases.filter(({ label }) => label.kind === 'default')[1];
    if (second !== undefined) cursor.report('CFG_CASE', second.span, 'a switch has one default');
    const typed = cases.flatMap(({ label, span }) => {
      const type = labelType(label);
      return type === undefined ? [] : [{ type, span }];
    });
    const other = typed.find(({ type }) => type !== typed[0]?.type);
    if (other !== undefined) {
      cursor.report('CFG_CASE', other.span, 'the labels of a switch are all numbers or all texts');
    }
  }

  #leave(kind: 'return' | 'exit' | 'drop'): Statement {
    const cursor = this.#cursor;
    const word = cursor.next();
    const value = this.#leaveValue();
    this.#end();
    const span = value === undefined ? word.span : join(word.span, value.span);
    return { kind, value, span };
  }

  #leaveValue(): Expression | undefined {
    const cursor = this.#cursor;
    if (cursor.is('(') && cursor.is(')', 1)) {
      cursor.next();
      cursor.next();
      return undefined;
    }
    const { kind, text } = cursor.peek();
    const ends = cursor.is(';') || cursor.is('}') || cursor.atEnd || cursor.atTopLevelWord();
    if (ends || (kind === 'word' && statementWords.has(text))) return undefined;
    // A call in the next line is a statement; the semicolon in front of it is missing.
    if (cursor.onNewLine() && (kind === 'pv' || this.expressions.calls.begins())) return undefined;
    return this.expressions.expression();
  }

  #assign(): Assign | undefined {
    const cursor = this.#cursor;
    const first = cursor.peek();
    const target = this.expressions.statement();
    if (target.kind === 'assignExpression') {
      this.#checkTarget(target.target);
      this.#end();
      return { kind: 'assign', target: target.target, value: target.value, span: target.span };
    }
    const next = cursor.peek();
    const step = next.text === '+=' ? '+=' : foreignStep(cursor);
    if (isTarget(target) && step !== undefined && next.kind === 'punctuation') {
      const [sign = '+'] = step;
      cursor.report('CFG_NO_OPERATOR', next.span, `kamailio.cfg has no operator ${step}`, {
        hint: `write ${describe(first)} = ${describe(first)} ${sign} ${step.endsWith('=') ? '...' : '1'}`,
      });
    } else {
      cursor.report('CFG_UNEXPECTED', target.span, 'a value alone is no statement', {
        hint: cursor.is('==') ? 'a value is assigned with a single =' : undefined,
      });
    }
    cursor.skipStatement();
    return undefined;
  }

  #checkTarget(target: Assign['target']): void {
    const hint = targetFault(target);
    if (hint === undefined) return;
    this.#cursor.report('CFG_TARGET', target.span, 'this cannot be assigned to', { hint });
  }

  #noStatement(token: Token): undefined {
    const cursor = this.#cursor;
    const isFunction = coreFunctions.has(token.text) || (token.kind === 'word' && cursor.is(';', 1));
    const equals = cursor.is('=', 1) && token.kind === 'word';
    let hint: string | undefined;
    if (isFunction) hint = `a call is written ${token.text}()`;
    else if (equals) hint = `variables begin with $: $var(${token.text}) = ...`;
    cursor.unexpected(token, 'where a statement belongs', { hint });
    if (!cursor.is('}')) cursor.next();
    cursor.skipStatement();
    return undefined;
  }

  /** The semicolon belongs behind the statement that lacks it, wherever the next token stands. */
  #end(): void {
    const cursor = this.#cursor;
    if (cursor.accept(';') !== undefined) return;
    const span: Span = cursor.behind();
    cursor.report('CFG_MISSING_SEMICOLON', span, 'a ; is missing at the end of this statement');
    if (!this.#beginsStatement()) cursor.skipStatement();
  }

  #beginsStatement(): boolean {
    const cursor = this.#cursor;
    const { kind, text } = cursor.peek();
    if (kind === 'end' || kind === 'pv' || cursor.is('}') || cursor.atTopLevelWord()) return true;
    return kind === 'word' && (statementWords.has(text) || this.expressions.calls.begins());
  }
}

/** `++`, `--`, `-=`, `*=`, `/=`: two signs to the lexer. */
function foreignStep(cursor: Cursor): string | undefined {
  const [first, second] = [cursor.peek().text, cursor.peek(1).text];
  const isTwice = first === second && (first === '+' || first === '-');
  return isTwice || (second === '=' && /^[-*/]$/.test(first)) ? first + second : undefined;
}

function targetFault(target: Assign['target']): string | undefined {
  if (target.kind === 'returnCode') return 'return codes are set by calls and return';
  if (target.kind === 'null') return '$null is the value that deletes';
  if (target.kind === 'pv' && /\}\s*\)$/.test(target.text)) return 'transformations only read; assign to the variable';
  return undefined;
}

function labelType(label: CaseLabel): 'number' | 'text' | undefined {
  switch (label.kind) {
    case 'default':
      return undefined;
    case 'regex':
      return 'text';
    case 'value':
      if (label.value.kind === 'number') return 'number';
      return label.value.kind === 'string' ? 'text' : undefined;
  }
}
