/**
 * Log lines of a script. The text is built by the route; what a peer put into it cannot break the line, because the sink
 * shows control characters instead of writing them. Same names and levels as Kamailio's xlog.
 */
import { levelNames, type LogLevel } from '../../engine/log.ts';
import { defineModule } from '../../engine/module.ts';
import { choice, int, str } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';

const level = choice({ choices: levelNames, doc: 'How urgent it is.' });
const text = str({ doc: 'The line.' });

/** A function that writes at one level, under Kamailio's names for it. */
function at<const C extends readonly string[]>(...cfg: C) {
  return {
    cfg,
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
        cfg: ['xlog', 'xlogl'],
        routes: ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'],
        args: [level, text],
        // One argument is the text, three begin with the facility of syslog.
        cfgForms: { 1: [{ is: 'error' }, 0], 3: [1, 2] },
        returns: { written: 1 },
        doc: 'Writes a line to the log.',
      },
      alert: at('xalert'),
      critical: at('xcrit', 'xbug'),
      error: at('xerr'),
      warn: at('xwarn'),
      notice: at('xnotice'),
      info: at('xinfo'),
      debug: at('xdbg', 'xdbgl'),
      lines: {
        cfg: ['xlogm'],
        routes: ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'],
        args: [level, text],
        returns: { written: 1 },
        doc: 'Writes each line of a text as a line of the log.',
      },
    },
    pvs: {
      C: {
        type: 'str',
        inner: 'required',
        doc: 'Switches the colours of a terminal, letter and background: `$C(gx)` is green on what was there, `$C(xx)` ends it.',
      },
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
        lines({ message }, urgency, whole) {
          for (const line of whole.split(/\r?\n/)) if (line !== '') write(message, urgency, line);
          return 'written';
        },
      },
      pvs: { C: { read: (_, { inner }) => colour(inner) } },
    };
  },
);

const COLOURS = 'srgybpcw';

/** Letters of colours; a capital is bright. `x` is the colour of the terminal. */
function colour(letters: string): string | null {
  const [front = '', back = ''] = letters;
  const lower = front.toLowerCase();
  const [text, ground] = [numberOf(lower), numberOf(back)];
  if (text === undefined || ground === undefined) return null;
  return `\x1b[${front === lower ? 0 : 1};3${text};4${ground}m`;
}

function numberOf(letter: string): number | undefined {
  if (letter === 'x') return 9;
  const index = letter === '' ? -1 : COLOURS.indexOf(letter);
  return index < 0 ? undefined : index;
}
