/** `viaduct check`: is the routes file good? */
import { cfgFlags, cfgOptions, isCfg } from '../cfg-file.ts';
import { checkProgram, printFile } from '../check-program.ts';
import type { CommandDecl } from '../command.ts';
import { paintFor } from '../colours.ts';
import { pinoLog } from '../pino-log.ts';
import { programFlags, programOptions } from '../run-options.ts';

export const check: CommandDecl = {
  name: 'check',
  summary: 'Load a routes file or a kamailio.cfg and say what it is made of, without listening.',
  arguments: [{ name: '[file]', doc: 'routes.ts, routes.js or kamailio.cfg' }],
  flags: [
    ...programFlags,
    { flags: '--modparam <mod:param:type:value>', doc: 'set a module parameter (type s or i)', repeat: 'list' },
    ...cfgFlags,
    { flags: '--json', doc: 'print the verdict as JSON' },
  ],
  notes: 'Exit code 0 when it is good, 78 when it is not.',
  run(given, shell) {
    const { err, env, world } = shell;
    const log = pinoLog({ level: 'warn', clock: world.clock, sink: err, paint: paintFor(env, err) });
    const options = { ...programOptions(given, shell.cwd), cfg: cfgOptions(given, env) };
    if (given.has('cfg-print') && isCfg(options.file)) return printFile(options.file, options.cfg, shell);
    return checkProgram(options, { shell, log, json: given.has('json') });
  },
};
