/**
 * Holds the frames at the targets against what the agents saw on the wire: each message at each of its targets once, and
 * nowhere else. Pure.
 */
import { type Expectation, type TargetName, targetNames, targetsFor } from './expectation.ts';
import type { Ending } from './scenarios.ts';
import { keyOf, nameOf, type WireMessage } from './wire-view.ts';

export type Verdict =
  | 'ok'
  | 'missing' // not at a target that it belongs to
  | 'wrong target' // at a target that it does not belong to
  | 'twice' // more frames than messages
  | 'not on the wire' // a frame of a message that nobody sent, or with other addresses
  | 'never sent'; // the script has it, the wire has not

export interface Row {
  readonly scenario: string;
  /** `alice > proxy INVITE` */
  readonly message: string;
  readonly expected: readonly TargetName[];
  readonly found: readonly TargetName[];
  readonly verdict: Verdict;
}

export interface Evidence {
  readonly endings: readonly Pick<Ending, 'scenario' | 'callId'>[];
  /** Names by `address:port`: who is alice, who the proxy. */
  readonly names: ReadonlyMap<string, string>;
  /** In the order in which it happened. */
  readonly wire: readonly WireMessage[];
  readonly frames: Readonly<Record<TargetName, readonly WireMessage[]>>;
  readonly expectation: Expectation;
  readonly script: ReadonlyMap<string, readonly string[]> | undefined;
}

export function compare(evidence: Evidence): readonly Row[] {
  const onWire = counted(evidence.wire);
  const atTarget = new Map(targetNames.map((name) => [name, counted(evidence.frames[name])] as const));
  const foundAt = (key: string): readonly TargetName[] =>
    targetNames.flatMap((name) => new Array<TargetName>(atTarget.get(name)?.get(key)?.times ?? 0).fill(name));

  const rows = [...onWire].map(([key, { message, times }]) => {
    const expected = targetsFor(evidence.expectation, message.method);
    const found = foundAt(key);
    return row(evidence, message, { expected, found, verdict: verdictOn(expected, found, times) });
  });
  const strangers = new Map([...atTarget.values()].flatMap((frames) => [...frames]));
  for (const [key, { message }] of strangers) {
    if (onWire.has(key)) continue;
    rows.push(row(evidence, message, { expected: [], found: foundAt(key), verdict: 'not on the wire' }));
  }
  const order = evidence.endings.map(({ scenario }) => scenario);
  return [...rows, ...neverSent(evidence, rows)].toSorted((a, b) => rank(order, a) - rank(order, b));
}

/** Each scenario together, in the order of play; what belongs to none comes last. */
const rank = (order: readonly string[], { scenario }: Row): number =>
  order.includes(scenario) ? order.indexOf(scenario) : order.length;

function verdictOn(expected: readonly TargetName[], found: readonly TargetName[], times: number): Verdict {
  const count = (name: TargetName): number => found.filter((other) => other === name).length;
  if (found.some((name) => !expected.includes(name))) return 'wrong target';
  if (expected.some((name) => count(name) < times)) return 'missing';
  return expected.some((name) => count(name) > times) ? 'twice' : 'ok';
}

interface Counted {
  readonly message: WireMessage;
  times: number;
}

function counted(messages: readonly WireMessage[]): ReadonlyMap<string, Counted> {
  const counts = new Map<string, Counted>();
  for (const message of messages) {
    const known = counts.get(keyOf(message));
    if (known === undefined) counts.set(keyOf(message), { message, times: 1 });
    else known.times++;
  }
  return counts;
}

function row({ endings, names }: Evidence, message: WireMessage, rest: Omit<Row, 'scenario' | 'message'>): Row {
  const name = (address: string): string => names.get(address) ?? address;
  return {
    scenario: endings.find(({ callId }) => callId === message.callId)?.scenario ?? 'another',
    message: `${name(message.source)} > ${name(message.destination)} ${nameOf(message)}`,
    ...rest,
  };
}

/** The messages of the script that the wire has fewer of. */
function neverSent({ script, endings, expectation }: Evidence, rows: readonly Row[]): readonly Row[] {
  if (script === undefined) return [];
  return endings.flatMap(({ scenario }) => {
    const seen = rows.filter((row) => row.scenario === scenario && row.verdict !== 'not on the wire');
    const left = seen.map(({ message }) => message);
    return (script.get(scenario) ?? []).flatMap((message): readonly Row[] => {
      const at = left.indexOf(message);
      if (at >= 0) {
        left.splice(at, 1);
        return [];
      }
      const method = /\((\w+)\)$/.exec(message)?.[1] ?? message.slice(message.lastIndexOf(' ') + 1);
      return [{ scenario, message, expected: targetsFor(expectation, method), found: [], verdict: 'never sent' }];
    });
  });
}
