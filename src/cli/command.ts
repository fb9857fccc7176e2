/**
 * How a subcommand is declared: plain data and one function. Only `commander-tree.ts` knows what parses it.
 */
import type { ExitCode } from './exit-code.ts';
import type { Shell } from './shell.ts';

export interface FlagDecl {
  /** `-l, --listen <address>`: the long name is the flag's name, the short letter where there is no long one. */
  readonly flags: string;
  readonly doc: string;
  /** `list`: may be given again and again. `count`: how often it was given. */
  readonly repeat?: 'list' | 'count';
  /** Understood, not shown in the help. */
  readonly hidden?: true;
}

export interface ArgumentDecl {
  /** `<method>`, `[file]`, `[params...]`. */
  readonly name: string;
  readonly doc: string;
}

/** What was typed. Names without dashes, as in `given.text('listen')`. */
export interface Given {
  readonly args: readonly string[];
  has(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  count(name: string): number;
}

export interface CommandDecl {
  readonly name: string;
  readonly summary: string;
  readonly arguments?: readonly ArgumentDecl[];
  readonly flags: readonly FlagDecl[];
  /** Runs when no command is named. */
  readonly isDefault?: true;
  /** Shown below the help. */
  readonly notes?: string;
  run(given: Given, shell: Shell): Promise<ExitCode>;
}
