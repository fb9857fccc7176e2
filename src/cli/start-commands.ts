/** The commands about how the process was started, and the one that ends it: arguments, defines, heap, signals. */
import type { Commands } from '../engine/command.ts';
import { RpcFault } from '../engine/rpc-fault.ts';
import { after } from '../util/time.ts';
import { type AboutProcess, DESCRIPTION, FEATURES } from './about-process.ts';
import type { Signal } from './shell.ts';
import { shownArguments } from './shown-arguments.ts';

/** The answer leaves before the signal is obeyed. */
export const KILL_DELAY_MS = 50;

/** By number; 0 only asks whether there is a process. */
const signals: ReadonlyMap<string, Signal | undefined> = new Map<string, Signal | undefined>([
  ['0', undefined],
  ['1', 'SIGHUP'],
  ['2', 'SIGINT'],
  ['15', 'SIGTERM'],
]);

export function startCommands({ service, process, clock, raise }: AboutProcess): Commands {
  return {
    'core.arg': {
      doc: 'The command line; `***` in place of tokens and of secret parameters.',
      run: () => shownArguments(process.args),
    },
    'core.flags': { doc: 'What is here of what Kamailio is compiled with.', run: () => FEATURES },
    'core.ppdefines': {
      doc: 'Names that the preprocessor of kamailio.cfg knows.',
      run: () => service.defines.map(({ name }) => name),
    },
    'core.ppdefines_full': {
      doc: 'The same with their values; `none` is no value.',
      run: () => service.defines.map(({ name, value }) => ({ name, type: 0, value: value ?? 'none' })),
    },
    'core.kill': {
      doc: 'Stops as the signal does: 15 (without a number) and 2 drain and stop, 1 reads the routes again, 0 does nothing.',
      run: ([number = 15]) => {
        const signal = signals.get(String(number));
        if (!signals.has(String(number))) throw new RpcFault(400, 'a signal is 0, 1, 2 or 15');
        if (signal !== undefined) clock.wake(after(clock.now(), KILL_DELAY_MS), () => raise(signal));
        return {};
      },
    },
    'pkg.stats': {
      doc: 'The heap, in bytes: there is one process. `real_used` is resident memory, `total_size` what the heap may grow to.',
      run: () => {
        const { used, total, limit } = process.heapBytes();
        const memory = { used, free: total - used, real_used: process.memoryBytes(), total_size: limit };
        return [{ entry: 0, pid: process.id, rank: 0, ...memory, desc: DESCRIPTION }];
      },
    },
    'pkg.info': {
      doc: 'What manages memory, and what the heap may grow to.',
      run: () => ({ name: 'v8', size: process.heapBytes().limit }),
    },
  };
}
