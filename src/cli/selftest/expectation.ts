/**
 * What is expected, written down here and taken from nowhere else: which target each message belongs to, and which
 * messages the sample `per-route-targets` makes.
 */
import { UsageError } from '../exit-code.ts';

export const targetNames = ['homer', 'voipmonitor'] as const;
export type TargetName = (typeof targetNames)[number];

/** Targets by method, replies go with what they answer; `*` is every other method. */
export type Expectation = ReadonlyMap<string, readonly TargetName[]>;

/** The routes of `samples/per-route-targets`. */
export const standardExpectation: ReadonlyMap<string, readonly TargetName[]> = new Map<string, readonly TargetName[]>([
  ['REGISTER', ['homer']],
  ['*', ['voipmonitor']],
]);

export const targetsFor = (expectation: Expectation, method: string): readonly TargetName[] =>
  expectation.get(method) ?? expectation.get('*') ?? [];

/** `INVITE=homer,voipmonitor`, `OPTIONS=none`, `*=homer`: one each. */
export function readExpectation(texts: readonly string[]): Expectation {
  if (texts.length === 0) return standardExpectation;
  return new Map(texts.map(readRule));
}

function readRule(text: string): readonly [string, readonly TargetName[]] {
  const [, method, names] = /^(\*|[A-Za-z]+)=([a-z,]+)$/.exec(text) ?? [];
  if (method === undefined || names === undefined) {
    throw new UsageError(
      `--expect ${text}: write method=target, as in --expect REGISTER=homer --expect '*=voipmonitor'`,
    );
  }
  return [method.toUpperCase(), names === 'none' ? [] : names.split(',').map((name) => readTarget(name, text))];
}

function readTarget(name: string, text: string): TargetName {
  const found = targetNames.find((known) => known === name);
  if (found !== undefined) return found;
  throw new UsageError(`--expect ${text}: the targets are ${targetNames.join(', ')} and none`);
}

const challenged = ['alice > proxy INVITE', 'proxy > alice 407 (INVITE)', 'alice > proxy ACK'];
const ringing = [
  'alice > proxy INVITE',
  'proxy > bob INVITE',
  'proxy > alice 100 (INVITE)',
  'bob > proxy 180 (INVITE)',
  'proxy > alice 180 (INVITE)',
];
const answered = [
  ...ringing,
  'bob > proxy 200 (INVITE)',
  'proxy > alice 200 (INVITE)',
  'alice > proxy ACK',
  'proxy > bob ACK',
];

/** What must be on the wire when the sample runs; a message that is never made would otherwise never be missed. */
export const standardScript: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'register',
    ['alice > proxy REGISTER', 'proxy > bob REGISTER', 'bob > proxy 200 (REGISTER)', 'proxy > alice 200 (REGISTER)'],
  ],
  ['call without credentials', challenged],
  [
    'call with credentials',
    [
      ...challenged,
      ...answered,
      'alice > proxy BYE',
      'proxy > bob BYE',
      'bob > proxy 200 (BYE)',
      'proxy > alice 200 (BYE)',
    ],
  ],
  [
    'cancel',
    [
      ...challenged,
      ...ringing,
      'alice > proxy CANCEL',
      'proxy > alice 200 (CANCEL)',
      'proxy > bob CANCEL',
      'bob > proxy 200 (CANCEL)',
      'bob > proxy 487 (INVITE)',
      'proxy > bob ACK',
      'proxy > alice 487 (INVITE)',
      'alice > proxy ACK',
    ],
  ],
  [
    'callee hangs up',
    [
      ...challenged,
      ...answered,
      'bob > proxy BYE',
      'proxy > alice BYE',
      'alice > proxy 200 (BYE)',
      'proxy > bob 200 (BYE)',
    ],
  ],
]);
