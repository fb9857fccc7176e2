/** Where the code behind the names of a file comes from: from the modules that run, or from nowhere while it is only checked. */
import { silentLog } from '../../engine/log.ts';
import type { Linkage } from '../../engine/program.ts';
import type { ScriptWatch } from '../../engine/script-watch.ts';
import { trust } from '../../util/trust.ts';
import { type KamailioWays, processVar } from '../check/ways.ts';
import type { Context } from '../registry.ts';
import type { PvSource } from './pv-compiler.ts';
import type { ReceivedViews } from './received-view.ts';
import type { Binder, Callable, Scene } from './scene.ts';

/** While a file is only checked. */
export const nowhere: PvSource = {
  binding: () => ({ read: () => null, write: () => undefined }),
  scope: () => () => undefined,
};
export const unlinked: Pick<Scene, 'binder' | 'log' | 'watch'> = {
  binder: { callable: () => () => undefined, isLocal: () => false, received: (ctx) => ctx },
  log: silentLog,
  watch: undefined,
};

export const watchOf = ({ modules }: Linkage): ScriptWatch | undefined =>
  modules.find(({ instance }) => instance.scriptWatch !== undefined)?.instance.scriptWatch;

export function binderOf(
  faces: Readonly<Record<string, object>>,
  { engine }: Linkage,
  views: ReceivedViews | undefined,
): Binder {
  return {
    callable(module, key, name) {
      // The name was resolved against the declaration of this module, and `defineModule` proved that it has the function.
      const face = trust<Readonly<Record<string, Callable>>>(faces[module] ?? {});
      const fn = face[key];
      const bound = fn === undefined ? () => undefined : fn.bind(face);
      return views?.fn(name, bound) ?? bound;
    },
    isLocal: (host, port) => engine.transport.isLocal(host, port),
    received: (ctx) => views?.of(ctx) ?? ctx,
  };
}

type Scopes = Readonly<Record<string, (ctx: Context) => Context | undefined>>;

export function pvsOf({ modules }: Linkage, { processVars }: KamailioWays, views: ReceivedViews | undefined): PvSource {
  const shared = processVar();
  const instanceOf = (name: string) => modules.find(({ decl }) => decl.name === name)?.instance;
  return {
    binding(module, name) {
      if (processVars && (name === 'var' || name === 'vz')) return shared;
      const binding = instanceOf(module)?.pvs?.[name] ?? nowhere.binding(module, name);
      return views?.pv(name, binding) ?? binding;
    },
    scope(module, name) {
      const api = instanceOf(module)?.api;
      if (typeof api !== 'object' || api === null || !('scopes' in api)) return () => undefined;
      // The registry says that this module has scoped pseudo-variables; they are in its api by name.
      return trust<Scopes>(api.scopes)[name] ?? (() => undefined);
    },
  };
}
