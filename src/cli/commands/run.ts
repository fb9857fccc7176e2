/** `viaduct run`: a proxy until a signal ends it. */
import { cfgFlags } from '../cfg-file.ts';
import type { CommandDecl } from '../command.ts';
import { kamailioFlags } from '../kamailio-flags.ts';
import { programFlags } from '../run-options.ts';

export const run: CommandDecl = {
  name: 'run',
  summary: 'Run a proxy with a routes file, or with the embedded default.',
  arguments: [{ name: '[file]', doc: 'routes.ts, routes.js or kamailio.cfg' }],
  flags: [
    ...programFlags,
    { flags: '-c, --check', doc: 'check the routes file and leave' },
    { flags: '--live', doc: 'print every message, also where stdout is no terminal' },
    { flags: '--quiet', doc: 'do not print messages' },
    { flags: '--json', doc: 'log JSON, also to a terminal' },
    { flags: '-d', doc: 'log more, twice for everything', repeat: 'count' },
    { flags: '--debug <level>', doc: 'log level: 3 everything, 2 information, 1 notices, 0 warnings, -1 errors' },
    { flags: '--http <address>', doc: 'address:port of metrics, health and RPC, or off (default 127.0.0.1:8060)' },
    { flags: '--ctl <path>', doc: 'also take RPC on this unix socket, one JSON-RPC call a line (mode 0600)' },
    { flags: '--http-token <token>', doc: 'token that /metrics and /rpc ask for; or VIADUCT_HTTP_TOKEN' },
    { flags: '--grace <seconds>', doc: 'longest time to stop after SIGTERM (default 5)' },
    ...cfgFlags,
    ...kamailioFlags,
  ],
  isDefault: true,
  notes: `Without a file it relays every request to its Request-URI: udp and tcp on 127.0.0.1:5060, or the next free port.
SIGHUP reads the routes file again, SIGTERM and SIGINT stop; a second one stops at once.`,
  /** What only a running proxy needs is loaded when one is to run: every other command starts faster. */
  run: async (given, shell) => (await import('../run-proxy.ts')).runProxy(given, shell),
};
