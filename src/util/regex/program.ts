/** Thompson's construction: a machine of states out of the tree of an expression. Each way is in order of preference. */
import type { RegexNode } from './parser.ts';

/** States of one machine: counts in braces multiply them. */
export const MAX_STATES = 20_000;
/** Groups that a replacement can name. */
export const MAX_CAPTURED = 9;

export type State =
  | { readonly kind: 'byte'; readonly bytes: Uint8Array; readonly next: number }
  | { readonly kind: 'split'; readonly next: readonly number[] }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  /** Notes the place where a group begins or ends. */
  | { readonly kind: 'save'; readonly slot: number; readonly next: number }
  | { readonly kind: 'match' };

/** The state that is built first. */
export const MATCH = 0;

export interface Program {
  readonly states: readonly State[];
  readonly start: number;
}

/** Undefined when it would be too large. */
export function programOf(tree: RegexNode): Program | undefined {
  const builder = new Builder();
  const match = builder.add({ kind: 'match' });
  const start = match === undefined ? undefined : builder.build(tree, match);
  return start === undefined ? undefined : { states: builder.states, start };
}

/** Builds the machine from its end: each part is told where to go on. Undefined when it grows too large. */
class Builder {
  readonly states: State[] = [];

  add(state: State): number | undefined {
    if (this.states.length >= MAX_STATES) return undefined;
    return this.states.push(state) - 1;
  }

  build(tree: RegexNode, next: number): number | undefined {
    switch (tree.kind) {
      case 'empty':
        return next;
      case 'set':
        return this.add({ kind: 'byte', bytes: tree.bytes, next });
      case 'start':
      case 'end':
        return this.add({ kind: tree.kind, next });
      case 'sequence':
        return this.#sequence(tree.parts, next);
      case 'choice':
        return this.#choice(tree.parts, next);
      case 'group':
        return this.#group(tree, next);
      case 'repeat':
        return this.#repeat(tree, next);
    }
  }

  #sequence(parts: readonly RegexNode[], next: number): number | undefined {
    let to: number | undefined = next;
    for (const part of parts.toReversed()) to = to === undefined ? undefined : this.build(part, to);
    return to;
  }

  #choice(parts: readonly RegexNode[], next: number): number | undefined {
    const starts: number[] = [];
    for (const part of parts) {
      const start = this.build(part, next);
      if (start === undefined) return undefined;
      starts.push(start);
    }
    return this.add({ kind: 'split', next: starts });
  }

  #group({ number, of }: Extract<RegexNode, { kind: 'group' }>, next: number): number | undefined {
    if (number > MAX_CAPTURED) return this.build(of, next);
    const end = this.add({ kind: 'save', slot: 2 * number + 1, next });
    const inner = end === undefined ? undefined : this.build(of, end);
    return inner === undefined ? undefined : this.add({ kind: 'save', slot: 2 * number, next: inner });
  }

  #repeat({ of, min, max }: Extract<RegexNode, { kind: 'repeat' }>, next: number): number | undefined {
    let to: number | undefined = max === Infinity ? this.#loop(of, next) : next;
    const optional = max === Infinity ? 0 : max - min;
    for (let i = 0; i < optional && to !== undefined; i++) {
      const inner: number | undefined = this.build(of, to);
      to = inner === undefined ? undefined : this.add({ kind: 'split', next: [inner, next] });
    }
    for (let i = 0; i < min && to !== undefined; i++) to = this.build(of, to);
    return to;
  }

  #loop(of: RegexNode, next: number): number | undefined {
    const ways: number[] = [];
    const split = this.add({ kind: 'split', next: ways });
    const body = split === undefined ? undefined : this.build(of, split);
    if (body !== undefined) ways.push(body, next);
    return body === undefined ? undefined : split;
  }
}
