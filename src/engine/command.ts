/** RPC commands: what one is, and the table of all that a proxy has, its own and those of the program in force. */
import type { RpcDecl } from './declaration.ts';

export type RpcHandler = (params: readonly (string | number)[]) => unknown;

export interface Command extends RpcDecl {
  readonly run: RpcHandler;
}

/** By full name, `core.uptime`. */
export type Commands = Readonly<Record<string, Command>>;

/** Where commands of modules come from: a Program. */
export interface CommandSource {
  readonly modules: readonly { readonly decl: { readonly rpc?: Readonly<Record<string, RpcDecl>> } }[];
  readonly rpc: ReadonlyMap<string, RpcHandler>;
}

export class CommandTable {
  /** The program in force. */
  program: CommandSource | undefined = undefined;
  readonly #own = new Map<string, Command>();

  /** Adds commands that belong to no module. They come before those of modules. */
  offer(commands: Commands): void {
    for (const [name, command] of Object.entries(commands)) this.#own.set(name, command);
  }

  find(name: string): Command | undefined {
    return this.#own.get(name) ?? this.#ofModule(name);
  }

  names(): readonly string[] {
    return [...new Set([...this.#own.keys(), ...(this.program?.rpc.keys() ?? [])])].toSorted();
  }

  #ofModule(name: string): Command | undefined {
    const run = this.program?.rpc.get(name);
    if (run === undefined) return undefined;
    const decl = this.program?.modules.find((one) => one.decl.rpc?.[name] !== undefined)?.decl.rpc?.[name];
    return { ...(decl ?? { doc: '' }), run };
  }
}
