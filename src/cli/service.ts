/** A proxy as the command line runs it: its program from a file, its listeners found or given, reloads and the way out. */
import type { ProgramSource } from '../engine/program.ts';
import { createProxy, type Proxy } from '../engine/proxy.ts';
import type { Log } from '../engine/log.ts';
import { ViaductError } from '../errors.ts';
import { formatListenAddress } from '../transport/listen-address.ts';
import { ListenError } from '../transport/listen-error.ts';
import type { Listener } from '../transport/flow.ts';
import { after } from '../util/time.ts';
import type { World } from '../world/world.ts';
import { type CfgOptions, isCfg, loadCfg, plainCfg } from './cfg-file.ts';
import { defaultRoutes } from './default-routes.ts';
import { withModParams } from './kamailio-flags.ts';
import { listenAddresses } from './listen-addresses.ts';
import { type Loaded, onlyRoutes, type Problems } from './loaded.ts';
import { aboutFile, checkFile, loadRoutes } from './routes-file.ts';
import type { ProgramOptions } from './run-options.ts';
import { readTls } from './tls-files.ts';

const DEFAULT_ADDRESS = '127.0.0.1';
export const DEFAULT_SIP_PORT = 5060;
/** Ports tried in turn when nobody said which. */
export const PORTS_TRIED = 100;

/** What flushing trace queues and closing connections may take after the grace period. */
const FLUSH_MS = 4_000;

interface ServiceFile extends Pick<ProgramOptions, 'file' | 'modParams'> {
  readonly cfg?: CfgOptions;
}

export interface ServiceOptions extends ProgramOptions {
  readonly cfg?: CfgOptions;
  /** The file as it was read before; it is read again with each reload. */
  readonly loaded: Loaded;
  readonly tell: TellProblems;
  readonly world: World;
  readonly log: Log;
  /** What the command line puts around a program: the live view. */
  readonly dress: (source: ProgramSource) => ProgramSource;
}

/** What is wrong with a file, in full; the error that follows is short. */
export type TellProblems = (problems: Problems) => void;

/** The program of the file with the parameters of the command line. */
export async function load({ file, modParams, cfg }: ServiceFile, tell: TellProblems): Promise<Loaded> {
  if (!isCfg(file)) {
    const source = withModParams(file === undefined ? defaultRoutes : await loadRoutes(file), modParams);
    return onlyRoutes(source);
  }
  await checkFile(file);
  const loaded = await loadCfg(file, cfg ?? plainCfg, modParams);
  if (loaded.problems.text !== '') tell(loaded.problems);
  if (loaded.kind === 'failed') throw new ViaductError('CONFIG_PROBLEMS', loaded.message);
  return loaded;
}

/** Where to listen and under which names: the command line adds to the file. */
export async function surroundings(
  options: Pick<ProgramOptions, 'listen' | 'aliases' | 'acceptAliases'>,
  loaded: Loaded,
) {
  const listen = [...new Set([...(await listenAddresses(options.listen, loaded.sockets)), ...loaded.listen])];
  return {
    listen: listen.length > 0 ? listen : loaded.fallback,
    aliases: [...options.aliases, ...loaded.aliases],
    acceptAliases: options.acceptAliases || loaded.acceptAliases,
  };
}

export class Service {
  readonly proxy: Proxy;
  readonly #options: ServiceOptions;
  #defines: Loaded['defines'];
  #reloading: Promise<void> = Promise.resolve();

  private constructor(proxy: Proxy, options: ServiceOptions) {
    this.proxy = proxy;
    this.#options = options;
    this.#defines = options.loaded.defines;
  }

  /** Everything runs, or nothing does and the reason is thrown. */
  static async start(options: ServiceOptions): Promise<Service> {
    const source = options.dress(options.loaded.source);
    const tls = await readTls(options.tls, options.world.files);
    const { listen, aliases, acceptAliases } = await surroundings(options, options.loaded);
    const { limits, names, replyHeader, requestHeader } = options.loaded;
    const begin = async (addresses: readonly string[]): Promise<Proxy> => {
      const { world, log, node, file } = options;
      try {
        const proxy = createProxy({
          world,
          program: source,
          listen: addresses,
          log,
          node,
          aliases,
          acceptAliases,
          limits,
          names,
          ...(replyHeader !== undefined && { replyHeader }),
          ...(requestHeader !== undefined && { requestHeader }),
          ...(tls !== undefined && { tls }),
        });
        await proxy.start();
        return proxy;
      } catch (error) {
        throw aboutFile(file, error, options.loaded.paramPlace);
      }
    };
    if (listen.length > 0) return new Service(await begin(listen), options);
    // A file that somebody wrote is served where they expect it, or not at all.
    const tries = options.file === undefined ? PORTS_TRIED : 1;
    return new Service(await onFreePort(begin, tries), options);
  }

  get listeners(): readonly string[] {
    return this.proxy.listeners.map(listenerText);
  }

  /** Of the file whose program is in force. */
  get defines(): Loaded['defines'] {
    return this.#defines;
  }

  /** One at a time. Rejects with the reason when the old program stays. */
  reload(): Promise<void> {
    const next = this.#reloading.then(() => this.#reload());
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  async #reload(): Promise<void> {
    const { dress, tls, world } = this.#options;
    const certificates = await readTls(tls, world.files);
    const { source, paramPlace, defines } = await load(this.#options, this.#options.tell);
    try {
      await this.proxy.reload(dress(source));
    } catch (error) {
      throw aboutFile(this.#options.file, error, paramPlace);
    }
    this.#defines = defines;
    if (certificates !== undefined) this.proxy.engine.transport.reloadTls(certificates);
  }

  /**
   * Refuses new calls and lets running ones end for `graceMs`, then stops listening and flushes; `late` when even that
   * took too long and was given up.
   */
  async stop(graceMs: number): Promise<'stopped' | 'late'> {
    const { clock } = this.#options.world;
    let cancel = (): void => undefined;
    const late = new Promise<'late'>((resolve) => {
      cancel = clock.wake(after(clock.now(), graceMs + FLUSH_MS), () => resolve('late'));
    });
    const work = this.proxy.drain(graceMs).then(() => this.proxy.stop());
    const outcome = await Promise.race([work.then(() => 'stopped' as const), late]);
    cancel();
    return outcome;
  }
}

export const defaultListen = (port: number): readonly string[] =>
  ['udp', 'tcp'].map((transport) => `${transport}:${DEFAULT_ADDRESS}:${port}`);

async function onFreePort(begin: (listen: readonly string[]) => Promise<Proxy>, tries: number): Promise<Proxy> {
  for (let port = DEFAULT_SIP_PORT; ; port++) {
    try {
      return await begin(defaultListen(port));
    } catch (error) {
      const taken = error instanceof ListenError && error.code === 'EADDRINUSE';
      if (!taken || port + 1 >= DEFAULT_SIP_PORT + tries) throw error;
    }
  }
}

export function listenerText({ transport, local, advertised }: Listener): string {
  if (transport === 'ws' || transport === 'wss') return `${transport}:${local.address}:${local.port}`;
  return formatListenAddress({
    transport,
    address: local.address,
    port: local.port,
    ...(advertised !== undefined && { advertised }),
  });
}
