/** Permission files by name, each read when it is first asked for, and the judgement of a pair of URIs by two of them. */
import type { Log } from '../../engine/log.ts';
import type { Files } from '../../world/world.ts';
import { parseRules, type Pattern, type Rule } from './rule-text.ts';

/** Files of one program; a route may make names up. */
export const MAX_RULE_FILES = 256;

export interface RulePair {
  readonly allow: string;
  readonly deny: string;
}

/** Who asks for what. */
export interface UriPair {
  readonly left: string;
  readonly right: string;
}

const NOTHING: readonly Rule[] = [];
const EVERYTHING: readonly Rule[] = [{ left: undefined, leftExcept: [], right: undefined, rightExcept: [] }];

export class RuleFiles {
  readonly #files: Files;
  readonly #log: Log;
  readonly #known = new Map<string, readonly Rule[]>();

  constructor(files: Files, log: Log) {
    this.#files = files;
    this.#log = log;
  }

  /** Every pair is in the first file, or at least not in the second. Waits where a file was not read yet. */
  allows({ allow, deny }: RulePair, pairs: readonly UriPair[]): boolean | Promise<boolean> {
    const allowing = this.#known.get(allow);
    const denying = this.#known.get(deny);
    if (allowing !== undefined && denying !== undefined) return judge(allowing, denying, pairs);
    // A deny file that cannot be used denies everything: a typing error must not open the door.
    return Promise.all([this.#read(allow, NOTHING), this.#read(deny, EVERYTHING)]).then(([first, second]) =>
      judge(first, second, pairs),
    );
  }

  async #read(path: string, unusable: readonly Rule[]): Promise<readonly Rule[]> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const rules = await this.#parse(path, unusable);
    if (this.#known.size < MAX_RULE_FILES) this.#known.set(path, rules);
    return rules;
  }

  async #parse(path: string, unusable: readonly Rule[]): Promise<readonly Rule[]> {
    let text: string;
    try {
      text = await this.#files.readText(path);
    } catch {
      this.#log.write('notice', 'there is no such permission file: it has no rules', { path });
      return NOTHING;
    }
    const parsed = parseRules(text);
    if (parsed.kind === 'rules') return parsed.rules;
    this.#log.write('error', 'a permission file cannot be used', { path, line: parsed.line, why: parsed.message });
    return unusable;
  }
}

function judge(allowing: readonly Rule[], denying: readonly Rule[], pairs: readonly UriPair[]): boolean {
  return pairs.every((pair) => has(allowing, pair) || !has(denying, pair));
}

function has(rules: readonly Rule[], { left, right }: UriPair): boolean {
  return rules.some(
    (rule) =>
      (rule.left === undefined || some(rule.left, left)) &&
      !some(rule.leftExcept, left) &&
      (rule.right === undefined || some(rule.right, right)) &&
      !some(rule.rightExcept, right),
  );
}

const some = (patterns: readonly Pattern[], text: string): boolean => patterns.some(({ regex }) => regex.test(text));
