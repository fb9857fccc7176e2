/** The commands siptrace.start, siptrace.stop and siptrace.list: their parameters read, their answers shown. */
import type { Log } from '../../engine/log.ts';
import type { RpcHandler } from '../../engine/module.ts';
import { RpcFault } from '../../engine/rpc-fault.ts';
import type { Clock } from '../../world/world.ts';
import { criteriaText, isCriterion, parseCriteria } from './criteria.ts';
import { MAX_RULES, MAX_TTL_SECONDS, type TraceRule, type TraceRules } from './dynamic.ts';
import type { Exporter } from './exporter.ts';
import type { Scope } from './scope.ts';

export interface DynamicRpcParts {
  readonly rules: TraceRules;
  readonly exporter: Exporter;
  /** The default target. */
  readonly defaults: readonly string[];
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

const NAMES = ['filter', 'uri', 'ttl', 'scope'] as const;
type Name = (typeof NAMES)[number];
type Given = Partial<Record<Name, string>>;

const scopes: Readonly<Record<string, Scope>> = { m: 'message', t: 'transaction', d: 'dialog' };

export class DynamicRpc {
  readonly #parts: DynamicRpcParts;

  constructor(parts: DynamicRpcParts) {
    this.#parts = parts;
  }

  readonly start: RpcHandler = (params) => {
    const { rules, clock, log, defaults } = this.#parts;
    const given = readParams(params.map(String));
    const criteria = parseCriteria(given.filter ?? '');
    if (typeof criteria === 'string') throw bad(criteria);
    const uri = given.uri ?? defaults[0];
    if (uri === undefined) throw bad('there is no duplicate_uri: give a target with uri=');
    this.#checkTarget(uri);
    const order = { criteria, uri, scope: scopeIn(given.scope), ttlSeconds: secondsIn(given.ttl) };
    const rule = rules.start(order, clock.now());
    if (rule === 'full') throw new RpcFault(500, `there are ${MAX_RULES} rules already: stop one`);
    log.write('notice', 'tracing started', {
      rule: rule.id,
      filter: criteriaText(criteria),
      seconds: order.ttlSeconds,
    });
    return this.#shown(rule);
  };

  readonly stop: RpcHandler = ([which]) => {
    const { rules, clock, log } = this.#parts;
    if (which !== 'all' && !/^\d{1,9}$/.test(String(which))) throw bad('the id of a rule, or all');
    const stopped = rules.stop(which === 'all' ? which : Number(which), clock.now());
    if (stopped === 0 && which !== 'all') throw new RpcFault(404, `there is no rule ${which}`);
    log.write('notice', 'tracing stopped', { rule: which, rules: stopped });
    return { stopped };
  };

  readonly list: RpcHandler = () => {
    const { rules, clock } = this.#parts;
    return rules.list(clock.now()).map((rule) => this.#shown(rule));
  };

  #checkTarget(uri: string): void {
    const target = this.#parts.exporter.target(uri);
    if (target.kind === 'invalid') throw bad(`${uri}: ${target.why}`);
  }

  /** Of the target without its options: they may hold an authentication key. */
  #shown({ id, criteria, uri, scope, expires, matched }: TraceRule) {
    const target = this.#parts.exporter.target(uri);
    return {
      id,
      filter: criteriaText(criteria),
      uri: target.kind === 'invalid' ? '' : (target.name ?? target.status().uri),
      scope: scope.slice(0, 1),
      ttl: Math.ceil((expires - this.#parts.clock.now()) / 1000),
      matched,
    };
  }
}

/** `name=value` in any order, criteria by their own names too; what has no name takes the next free place. */
function readParams(params: readonly string[]): Given {
  const named: Given = {};
  const filters: string[] = [];
  const rest: string[] = [];
  for (const param of params) {
    const [, name = '', value = ''] = /^([a-z]+)=(.*)$/s.exec(param) ?? [];
    if (name === 'filter') filters.push(value);
    else if (isCriterion(name)) filters.push(param);
    else if (isName(name)) named[name] = value;
    else rest.push(param);
  }
  if (filters.length > 0) named.filter = filters.join(',');
  for (const name of NAMES) if (named[name] === undefined && rest.length > 0) named[name] = rest.shift() ?? '';
  if (rest.length > 0) throw bad(`what is ${JSON.stringify(rest[0])}?`);
  return named;
}

const isName = (name: string): name is Name => NAMES.some((one) => one === name);

function secondsIn(text: string | undefined): number {
  const seconds = /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MAX_TTL_SECONDS) return seconds;
  throw bad(`ttl= takes 1 to ${MAX_TTL_SECONDS} seconds, and must be given`);
}

function scopeIn(text = 't'): Scope {
  const scope = scopes[text.slice(0, 1).toLowerCase()];
  if (scope === undefined || (text.length > 1 && text.toLowerCase() !== scope)) throw bad('scope= takes m, t or d');
  return scope;
}

const bad = (why: string): RpcFault => new RpcFault(400, why);
