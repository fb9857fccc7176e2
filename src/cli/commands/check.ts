/** `viaduct check`: is the routes file good? */
import { checkProgram } from '../check-program.ts';
import type { CommandDecl } from '../command.ts';
import { paintFor } from '../colours.ts';
import { pinoLog } from '../pino-log.ts';
import { programFlags, programOptions } from '../run-options.ts';

export const check: CommandDecl = {
  name: 'check',
  summary: 'Load a routes file and say what it is made of, without listening.',
  arguments: [{ name: '[file]', doc: 'routes.ts or routes.js' }],
  flags: [
    ...programFlags,
    { flags: '--modparam <mod:param:type:value>', doc: 'set a module parameter (type s or i)', repeat: 'list' },
    { flags: '--json', doc: 'print the verdict as JSON' },
  ],
  notes: 'Exit code 0 when it is good, 78 when it is not.',
  run(given, shell) {
    const { err, env, world } = shell;
    const log = pinoLog({ level: 'warn', clock: world.clock, sink: err, paint: paintFor(env, err) });
    return checkProgram(programOptions(given, shell.cwd), { shell, log, json: given.has('json') });
  },
};
