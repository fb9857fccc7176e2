/** What a command gets from the terminal and the process that it runs in. `process-shell.ts` is the real one. */
import type { World } from '../world/world.ts';

export interface Output {
  readonly isTty: boolean;
  /** Bytes written that nobody has taken yet. */
  readonly backlog: number;
  /** False once the reader has gone (EPIPE). */
  readonly open: boolean;
  write(text: string): void;
  /** Called once when the reader goes. */
  onClosed(fn: () => void): void;
}

export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

export interface Shell {
  /** Data. */
  readonly out: Output;
  /** Logs and everything else that is said to people. */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  /** How this program is called, for what to type next. */
  readonly self: string;
  readonly world: World;
  readonly process: {
    readonly id: number;
    /** `node v22.1.0` */
    readonly runtime: string;
    /** The command line, the name of the program first. */
    readonly args: readonly string[];
    folder(): string;
    memoryBytes(): number;
    /** Of the heap: in use, taken from the system, and the most there may be. */
    heapBytes(): { readonly used: number; readonly total: number; readonly limit: number };
    changeFolder(path: string): void;
    /** Promises that rejected and that nobody waits for. */
    onStrayRejection(fn: (error: unknown) => void): void;
  };
  /** The returned function stops listening. */
  onSignal(signal: Signal, fn: () => void): () => void;
}
