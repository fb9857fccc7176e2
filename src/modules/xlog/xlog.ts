/**
 * Log lines of a script. The text is built by the route; what a peer put into it cannot break the line, because the sink
 * shows control characters instead of writing them. Same names and levels as Kamailio's xlog.
 */
import type { LogLevel } from '../../engine/log.ts';
import { defineModule } from '../../engine/module.ts';
import { choice, int, str } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';

/** Names of levels in routes, and Kamailio's for them. */
const level = choice({
  choices: {
    alert: ['L_ALERT'],
    critical: ['L_CRIT', 'L_BUG'],
    error: ['L_ERR'],
    warn: ['L_WARN'],
    notice: ['L_NOTICE'],
    info: ['L_INFO'],
    debug: ['L_DBG'],
  },
  doc: 'How urgent it is.',
});

const text = str({ doc: 'The line.' });

/** A function that writes at one level, under one of Kamailio's names. */
function at<const N extends string>(name: N) {
  return {
    cfg: [name],
    routes: ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'],
    args: [text],
    returns: { written: 1 },
    doc: 'Writes a line at the level that the name says.',
  } as const;
}

export const xlog = defineModule(
  {
    name: 'xlog',
    doc: 'Log lines of a script.',
    params: {
      prefix: str({ default: '<script>: ', doc: 'Stands in front of every line.' }),
      buf_size: int({ default: 4096, min: 80, max: 65_535, doc: 'Characters of one line; the rest is cut.' }),
    },
    functions: {
      log: {
        cfg: ['xlog'],
        routes: ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'],
        args: [level, text],
        // One argument is the text, three begin with the facility of syslog.
        cfgForms: { 1: [{ is: 'error' }, 0], 3: [1, 2] },
        returns: { written: 1 },
        doc: 'Writes a line to the log.',
      },
      alert: at('xalert'),
      critical: at('xcrit'),
      error: at('xerr'),
      warn: at('xwarn'),
      notice: at('xnotice'),
      info: at('xinfo'),
      debug: at('xdbg'),
    },
  },
  ({ params, log }) => {
    const write = (message: SipMessage, urgency: LogLevel, line: string): 'written' => {
      const body = line.endsWith('\n') ? line.slice(0, -1) : line;
      log.write(urgency, (params.prefix + body).slice(0, params.buf_size), { callId: message.headers.get(H.CallId) });
      return 'written';
    };
    return {
      functions: {
        log: ({ message }, urgency, line) => write(message, urgency, line),
        alert: ({ message }, line) => write(message, 'alert', line),
        critical: ({ message }, line) => write(message, 'critical', line),
        error: ({ message }, line) => write(message, 'error', line),
        warn: ({ message }, line) => write(message, 'warn', line),
        notice: ({ message }, line) => write(message, 'notice', line),
        info: ({ message }, line) => write(message, 'info', line),
        debug: ({ message }, line) => write(message, 'debug', line),
      },
    };
  },
);
