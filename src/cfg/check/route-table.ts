/** The route blocks of a file by kind and name, and which kinds of blocks lead to each `route[X]`. */
import type { RouteKind } from '../../engine/context.ts';
import type { Block, Config, Expression, RouteBlock, Statement } from '../ast.ts';
import type { Report } from '../report.ts';

/** A block that the engine enters. */
export interface EntryBlock {
  readonly kind: RouteKind;
  readonly name: string;
  readonly body: Block;
}

export interface SubBlock {
  readonly name: string;
  readonly block: RouteBlock;
  readonly kinds: ReadonlySet<RouteKind>;
  /** Called by its name somewhere. */
  readonly called: boolean;
}

export interface RouteTable {
  readonly entries: readonly EntryBlock[];
  readonly subs: ReadonlyMap<string, SubBlock>;
  readonly armable: ReadonlySet<string>;
  /** Routes that suspended transactions go on in. */
  readonly resumable: readonly string[];
  /** A call gives the name of its route only when it runs. */
  readonly dynamic: boolean;
}

/** Before the name in `event_route[...]`. */
export const BRANCH_FAILURE = 'tm:branch-failure:';

/** `failure_route { }` is number 0. */
const nameOf = ({ name }: RouteBlock): string => name?.text ?? '0';

export function routeTable({ items }: Config, report: Report): RouteTable {
  const blocks = items.filter((item): item is RouteBlock => item.kind === 'routeBlock');
  reportDuplicates(blocks, report);
  const entries = blocks.flatMap((block) => entryOf(block));
  const named = new Map(blocks.filter(({ route }) => route === 'sub').map((block) => [nameOf(block), block]));
  const calls = new Map<string, readonly RouteUse[]>();
  for (const [name, block] of named) calls.set(name, routeUses(block.body));
  const resumed = new Set(blocks.flatMap(({ body }) => resumeUses(body)));
  const resumable = [...named.keys()].filter((name) => resumed.has(name) || resumed.has(ANY));
  const kinds = reachable(entries, named, { calls, resumable });
  const called = new Set([...calls.values(), ...entries.map(({ body }) => routeUses(body)), resumable].flat());
  const subs = new Map<string, SubBlock>();
  for (const [name, block] of named) {
    subs.set(name, { name, block, kinds: kinds.get(name) ?? new Set(), called: called.has(name) });
  }
  const armable = new Set(entries.map(({ kind, name }) => `${kind}:${name}`));
  for (const name of resumable) armable.add(`resume:${name}`);
  return { entries, subs, armable, resumable, dynamic: called.has(ANY) };
}

function entryOf(block: RouteBlock): readonly EntryBlock[] {
  const { route, body } = block;
  const name = nameOf(block);
  if (route === 'sub') return [];
  if (route === 'event' && name.startsWith(BRANCH_FAILURE)) {
    return [{ kind: 'branch_failure', name: name.slice(BRANCH_FAILURE.length), body }];
  }
  return [{ kind: route, name, body }];
}

function reportDuplicates(blocks: readonly RouteBlock[], report: Report): void {
  const seen = new Map<string, RouteBlock>();
  for (const block of blocks) {
    // Kamailio appends a second request_route to the first.
    if (block.route === 'request') continue;
    const key = `${block.route}:${nameOf(block)}`;
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, block);
    else {
      const shown = block.name === undefined ? block.keyword.text : `${block.keyword.text}[${block.name.text}]`;
      report('CFG_ROUTE_DUPLICATE', block.name?.span ?? block.keyword.span, `there are two ${shown}`, {
        related: { message: 'the first one', span: earlier.name?.span ?? earlier.keyword.span },
      });
    }
  }
}

/** The name of a route that is called, or ANY when only running tells. */
type RouteUse = string;
const ANY = '\0any';
export const ROUTE_IF_EXISTS = 'route_if_exists';
const RESUME = 't_continue';
/** What a route is in which a suspended request goes on, or a suspended reply; Kamailio reads it as part of the request route. */
const RESUME_KINDS: readonly RouteKind[] = ['request', 'failure', 'onreply'];

interface Uses {
  readonly calls: ReadonlyMap<string, readonly RouteUse[]>;
  readonly resumable: readonly string[];
}

function reachable(
  entries: readonly EntryBlock[],
  named: ReadonlyMap<string, RouteBlock>,
  { calls, resumable }: Uses,
): ReadonlyMap<string, ReadonlySet<RouteKind>> {
  const reached = new Map<string, Set<RouteKind>>();
  const open: [name: string, kind: RouteKind][] = [];
  const visit = (uses: readonly RouteUse[], kind: RouteKind): void => {
    for (const use of uses) {
      for (const name of use === ANY ? named.keys() : [use]) {
        if (named.has(name) && reached.get(name)?.has(kind) !== true) open.push([name, kind]);
      }
    }
  };
  for (const { kind, body } of entries) visit(routeUses(body), kind);
  for (const kind of RESUME_KINDS) visit(resumable, kind);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [name, kind] = next;
    const kinds = reached.get(name) ?? new Set();
    if (kinds.has(kind)) continue;
    reached.set(name, kinds.add(kind));
    visit(calls.get(name) ?? [], kind);
  }
  return reached;
}

export function routeUses(block: Pick<Block, 'statements'>): readonly RouteUse[] {
  const found: RouteUse[] = [];
  visitExpressions(block, (expression) => {
    if (expression.kind === 'call' && expression.name.text === ROUTE_IF_EXISTS) {
      const [name] = expression.args;
      found.push(name?.kind === 'string' && !name.value.includes('$') ? name.value : ANY);
    }
    if (expression.kind !== 'routeCall') return;
    found.push(expression.target.kind === 'routeName' ? expression.target.text : ANY);
  });
  return found;
}

function resumeUses(block: Block): readonly RouteUse[] {
  const found: RouteUse[] = [];
  visitExpressions(block, (expression) => {
    if (expression.kind !== 'call' || expression.name.text !== RESUME) return;
    const name = expression.args[2];
    found.push(name?.kind === 'string' && !name.value.includes('$') ? name.value : ANY);
  });
  return found;
}

/** Every expression of a block, those inside others too. */
export function visitExpressions(block: Pick<Block, 'statements'>, visit: (expression: Expression) => void): void {
  const open: (Statement | Expression)[] = [...block.statements];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isExpression(node)) visit(node);
    open.push(...childrenOf(node));
  }
}

const statementKinds: ReadonlySet<string> = new Set([
  'if',
  'while',
  'switch',
  'return',
  'exit',
  'drop',
  'break',
  'assign',
  'callStatement',
  'block',
]);

const isExpression = (node: Statement | Expression): node is Expression => !statementKinds.has(node.kind);

export function childrenOf(node: Statement | Expression): readonly (Statement | Expression)[] {
  switch (node.kind) {
    case 'if':
      return [node.condition, node.consequence, ...(node.alternative === undefined ? [] : [node.alternative])];
    case 'while':
      return [node.condition, node.body];
    case 'switch':
      return [node.subject, ...node.cases.flatMap(({ body }) => body)];
    case 'return':
    case 'exit':
    case 'drop':
      return node.value === undefined ? [] : [node.value];
    case 'assign':
    case 'assignExpression':
      return [node.value];
    case 'callStatement':
      return [node.call];
    case 'block':
      return node.statements;
    case 'blockExpression':
      return [node.block];
    case 'unary':
    case 'cast':
    case 'defined':
    case 'strlen':
    case 'strempty':
      return [node.operand];
    case 'selval':
      return [node.condition, node.whenTrue, node.whenFalse];
    case 'binary':
      return [node.left, node.right];
    case 'call':
      return node.args;
    case 'routeCall':
      return node.target.kind === 'routeName' ? [] : [node.target];
    case 'coreTest': {
      const { value } = node;
      return value.kind === 'myself' || value.kind === 'network' || value.kind === 'maxLength' ? [] : [value];
    }
    case 'break':
    case 'number':
    case 'string':
    case 'pv':
    case 'null':
    case 'returnCode':
    case 'select':
    case 'attribute':
    case 'word':
    case 'ip':
    case 'socketAddress':
    case 'invalid':
      return [];
  }
}
