/** All commands that a proxy has without any module. */
import type { Commands } from '../command.ts';
import type { ModuleDecl } from '../declaration.ts';
import type { ValueSpec } from '../spec.ts';
import { counterCommands } from './counter-commands.ts';
import { parameterCommands } from './parameter-commands.ts';
import { type Sockets, socketCommands } from './socket-commands.ts';
import { type Counted, statisticsCommands, statisticsOf } from './statistics-commands.ts';
import type { ParameterGroup } from '../tunable.ts';
import { systemCommands } from './system-commands.ts';

/** `more`: parameters of what is no module. */
export function proxyCommands(proxy: Counted & Sockets, more: readonly ParameterGroup[] = []): Commands {
  const groups = (): readonly ParameterGroup[] => [
    ...more,
    ...proxy.program.parameters,
    ...proxy.program.modules.map(({ decl, params, instance }) => ({
      name: decl.name,
      specs: valueSpecs(decl),
      values: params,
      tunables: instance.tunables ?? {},
    })),
  ];
  return {
    ...systemCommands(proxy.engine.commands),
    ...socketCommands(proxy),
    ...statisticsCommands(proxy),
    ...counterCommands(() => statisticsOf(proxy)),
    ...parameterCommands(groups),
    'core.modules': {
      doc: 'Names of the modules, the one that started last first.',
      run: () => proxy.program.modules.map(({ decl }) => decl.name).toReversed(),
    },
    'core.counters': {
      doc: 'What the driver and the transports count, by our own names.',
      run: () => ({ sip: proxy.counters, transport: proxy.engine.transport.counters }),
    },
  };
}

/** Functions of the context have no value that could be shown. */
const valueSpecs = ({ params = {} }: ModuleDecl): Readonly<Record<string, ValueSpec>> =>
  Object.fromEntries(Object.entries(params).flatMap(([name, spec]) => (spec.type === 'fields' ? [] : [[name, spec]])));
