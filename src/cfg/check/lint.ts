/** What the language allows and most likely nobody meant: found in the tree, without running anything. */
import type { Binary, Block, CallStatement, Config, Expression, RouteBlock, Statement, StringLiteral } from '../ast.ts';
import { type RouteTable, visitExpressions } from './route-table.ts';
import type { Report } from '../report.ts';
import type { Sources } from '../source.ts';
import { placeInString } from '../text/string-escapes.ts';
import { checkTypes } from './types.ts';

export interface LintScene {
  readonly report: Report;
  readonly sources: Sources;
  /** Routes may be called by the clock. */
  readonly byClock: boolean;
}

export function lint({ items }: Config, table: RouteTable, scene: LintScene): void {
  const blocks = items.filter((item): item is RouteBlock => item.kind === 'routeBlock');
  for (const { body, route } of blocks) {
    lintStatements(body, scene);
    lintExpressions(body, scene);
    if (route === 'failure') lintDrop(body, scene.report);
    if (route === 'failure' || route === 'sub' || route === 'request') lintRelay(body, scene.report);
  }
  if (blocks.every(({ route }) => route !== 'request') && blocks.length > 0) {
    const first = blocks[0];
    const other = items.find((item) => item.kind === 'cfgEngine' && !['native', 'default'].includes(item.engine.value));
    if (other !== undefined) {
      scene.report('CFG_ROUTE_MISSING', other.span, 'routes in another language cannot be run', {
        hint: 'write request_route here, or the routes in TypeScript: docs/routes.md',
      });
    } else if (first !== undefined) {
      scene.report(
        'CFG_ROUTE_MISSING',
        first.keyword.span,
        'the file has no request_route: requests would get no answer',
      );
    }
  }
  if (table.dynamic || scene.byClock) return;
  const mistaken = calledAsFunctions(blocks);
  for (const { name, block, kinds, called } of table.subs.values()) {
    // Who wrote `name()` for `route(name)` has been told so.
    if (kinds.size === 0 && !mistaken.has(name)) {
      const message = called
        ? `route[${name}] is called only by routes that nothing calls`
        : `nothing calls route[${name}]`;
      scene.report('CFG_ROUTE_UNUSED', block.name?.span ?? block.keyword.span, message);
    }
  }
}

/** Names of all calls of functions. */
function calledAsFunctions(blocks: readonly RouteBlock[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { body } of blocks) {
    visitExpressions(body, (expression) => {
      if (expression.kind === 'call') names.add(expression.name.text);
    });
  }
  return names;
}

function eachBlock(block: Pick<Block, 'statements'>, visit: (statements: readonly Statement[]) => void): void {
  visit(block.statements);
  for (const statement of block.statements) {
    switch (statement.kind) {
      case 'if':
        eachBlock(statement.consequence, visit);
        if (statement.alternative !== undefined) eachBlock(statement.alternative, visit);
        break;
      case 'while':
        eachBlock(statement.body, visit);
        break;
      case 'switch':
        for (const { body } of statement.cases) eachBlock({ statements: body }, visit);
        break;
      case 'block':
        eachBlock(statement, visit);
        break;
      case 'return':
      case 'exit':
      case 'drop':
      case 'break':
      case 'assign':
      case 'callStatement':
        break;
    }
  }
}

const leaving: ReadonlySet<string> = new Set(['return', 'exit', 'drop', 'break']);

function lintStatements(block: Block, { report }: LintScene): void {
  eachBlock(block, (statements) => {
    statements.forEach((statement, i) => {
      const next = statements[i + 1];
      if (leaving.has(statement.kind) && next !== undefined) {
        report('CFG_UNREACHABLE', next.span, `this is never reached: ${statement.kind} stands before it`);
      }
      if (statement.kind === 'if') lintCondition(statement.condition, report);
      if (statement.kind === 'while') lintAssigning(statement.condition, report);
    });
    lintTracing(statements, report);
  });
}

function lintCondition(condition: Expression, report: Report): void {
  lintAssigning(condition, report);
  if (condition.kind === 'string') {
    report('CFG_CONDITION_FIXED', condition.span, 'a text as a condition is true only when it is a number above 0');
  }
}

function lintAssigning(condition: Expression, report: Report): void {
  if (condition.kind === 'assignExpression') {
    report('CFG_ASSIGN_CONDITION', condition.span, 'this assigns, and is always true', {
      hint: 'comparisons are written ==',
    });
  } else if (condition.kind === 'unary') lintAssigning(condition.operand, report);
  else if (condition.kind === 'binary' && (condition.op === '&&' || condition.op === '||')) {
    lintAssigning(condition.left, report);
    lintAssigning(condition.right, report);
  }
}

function lintExpressions(block: Block, scene: LintScene): void {
  visitExpressions(block, (expression) => {
    checkTypes(expression, scene.report);
    if (expression.kind !== 'binary') return;
    lintCallComparison(expression, scene.report);
    lintDollar(expression.left, scene);
    if (expression.op !== '=~' && expression.op !== '!~') lintDollar(expression.right, scene);
  });
  eachBlock(block, (statements) => {
    for (const statement of statements) if (statement.kind === 'assign') lintDollar(statement.value, scene);
  });
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=', 'ieq', 'ine']);

/** In an expression a call is 1 or 0: other codes never compare. */
function lintCallComparison({ op, left, right, span }: Binary, report: Report): void {
  if (!comparisons.has(op)) return;
  const call = [left, right].find(({ kind }) => kind === 'call' || kind === 'routeCall');
  const other = call === left ? right : left;
  const code = numberIn(other);
  if (call === undefined || code === undefined || code === 0 || code === 1) return;
  report('CFG_CALL_COMPARED', span, `a call in an expression is 1 or 0, never ${code}`, {
    hint: 'call it first, then compare $rc',
  });
}

function numberIn(expression: Expression): number | undefined {
  if (expression.kind === 'number') return expression.value;
  if (expression.kind === 'unary' && expression.op === '-' && expression.operand.kind === 'number') {
    return -expression.operand.value;
  }
  return undefined;
}

const DOLLAR = /\$(?:\(|[A-Za-z_]+)/;

function lintDollar(expression: Expression, { report, sources }: LintScene): void {
  if (expression.kind !== 'string') return;
  const found = DOLLAR.exec(expression.value);
  if (found === null) return;
  report('CFG_NOT_INTERPOLATED', placeInString(sources, expression, found.index), dollarText(expression), {
    hint: `join the parts: "..." + ${found[0]}${found[0] === '$(' ? '...)' : ''}; or write $_s(...)`,
  });
}

const dollarText = ({ value }: StringLiteral): string =>
  value.length < 40
    ? `the text stays ${JSON.stringify(value)}: pseudo-variables are replaced only in arguments`
    : 'pseudo-variables are replaced only in arguments, not in this text';

const replying: ReadonlySet<string> = new Set(
  'sl_send_reply sl_reply_error send_reply t_reply www_challenge proxy_challenge auth_challenge'.split(' '),
);
const tracing: ReadonlySet<string> = new Set(['sip_trace', 'sip_trace_mode']);

/** Kamailio traces the reply only when it was told to before. */
function lintTracing(statements: readonly Statement[], report: Report): void {
  let reply: string | undefined;
  for (const statement of statements) {
    if (statement.kind !== 'callStatement' || statement.call.kind !== 'call') continue;
    const { name } = statement.call;
    if (replying.has(name.text)) reply = name.text;
    else if (reply !== undefined && tracing.has(name.text)) {
      report('CFG_TRACE_AFTER_REPLY', name.span, `${reply}() was before this: Kamailio does not trace that reply`, {
        hint: `call ${name.text}() first`,
      });
    }
  }
}

function lintDrop(block: Block, report: Report): void {
  eachBlock(block, (statements) => {
    for (const { kind, span } of statements) {
      if (kind !== 'drop') continue;
      report('CFG_LATE_DROP', span, 'drop is exit here: the reply goes to the caller all the same', {
        hint: 'answer with t_reply(), or relay to somebody else',
      });
    }
  });
}

function lintRelay(block: Block, report: Report): void {
  eachBlock(block, (statements) => {
    for (const statement of statements) {
      const call = relayIn(statement);
      if (call === undefined) continue;
      report('CFG_RELAY_UNCHECKED', call.span, 'nothing is done here when t_relay() cannot relay', {
        hint: 'write if (!t_relay()) { sl_reply_error(); }',
      });
    }
  });
}

function relayIn(statement: Statement): CallStatement | undefined {
  if (statement.kind !== 'callStatement' || statement.call.kind !== 'call') return undefined;
  return statement.call.name.text === 't_relay' ? statement : undefined;
}
