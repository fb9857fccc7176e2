/** What debugger declares: its parameters, its functions and `dbg.trace`, under Kamailio's names. */
import { int, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const accepted = (doc: string) => int({ doc: `Accepted: ${doc}` });
const level = str({ optional: true, doc: 'Level of the lines, `L_INFO`; `L_DBG` without it.' });

export const declaration = {
  name: 'debugger',
  doc: 'Follows a kamailio.cfg step by step, and shows what a message and its variables are in the middle of a script.',
  params: {
    cfgtrace: int({ default: 0, min: 0, max: 1, runtime: true, doc: '1: a log line for each step of the script.' }),
    log_level: int({ default: -1, min: -5, max: 3, doc: 'Level of those lines, as in `debug`: -1 is error.' }),
    log_prefix: str({ default: '*** cfgtrace:', doc: 'Stands in front of those lines.' }),
    cfgtrace_format: accepted('the lines are those of format 0, without the number of the action.'),
    log_level_name: str({ doc: 'Accepted: there is one log.' }),
    log_facility: str({ doc: 'Accepted: there is one log.' }),
    log_assign: accepted('values are shown by dbg_pv_dump.'),
    breakpoint: accepted('nothing stops at a step: other messages wait for nobody here.'),
    step_usleep: accepted('nothing stops at a step.'),
    step_loops: accepted('nothing stops at a step.'),
    mod_hash_size: accepted('there is one log level.'),
    mod_level_mode: accepted('there is one log level.'),
    mod_level: str({ doc: 'Accepted: there is one log level, see core.debug.' }),
    mod_facility_mode: accepted('there is one log.'),
    mod_facility: str({ doc: 'Accepted: there is one log.' }),
    reset_msgid: accepted('messages are numbered from 1.'),
    cfgpkgcheck: accepted('memory is that of Node.'),
    cfgtest: accepted('`viaduct check` tests a file.'),
  },
  functions: {
    sipMsg: {
      cfg: ['dbg_sip_msg'],
      routes: anywhere,
      args: [level, str({ optional: true, doc: 'Facility: without effect.' })],
      returns: { shown: 1 },
      doc: 'Writes the message as it would be sent now to the log, a log line for each of its own.',
    },
    pvDump: {
      cfg: ['dbg_pv_dump'],
      routes: anywhere,
      args: [
        int({ optional: true, min: 0, doc: '1: AVPs, 2: script variables; the sum for both, as without it.' }),
        level,
      ],
      returns: { shown: 1 },
      doc: 'Writes `$avp` and `$var` of the message to the log, as JSON.',
    },
    breakpoint: {
      cfg: ['dbg_breakpoint'],
      routes: anywhere,
      args: [str({ doc: 'Name of the breakpoint.' })],
      returns: { passed: 1 },
      doc: 'Goes on: nothing stops at a step.',
    },
  },
  rpc: { 'dbg.trace': { doc: 'Switches the lines `on` or `off`; without an argument says what they are.' } },
  stats: { steps: 'Steps written to the log.' },
} as const;
