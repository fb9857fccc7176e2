/**
 * Header and text operations of a script. Same names and results as in Kamailio's textops, but an edit is seen at once by
 * whoever reads next, and a header that is added can never become two.
 */
import { defineModule } from '../../engine/module.ts';
import { str } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import { parseHeaderText } from './header-text.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const edits = ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const added = { added: 1, malformed: -1 } as const;

const header = str({ doc: 'The header as one line, `Name: value`, with or without a line end.' });
const name = str({ doc: 'Name of the header, long or compact, in any case.' });
const pattern = str({
  raw: true,
  doc: 'A JavaScript regular expression; upper and lower case are the same, ^ and $ are line ends.',
});

export const textops = defineModule(
  {
    name: 'textops',
    doc: 'Header and text operations.',
    functions: {
      isMethod: {
        cfg: ['is_method'],
        routes: anywhere,
        args: [str({ doc: 'Methods, `INVITE|ACK`.' })],
        returns: 'boolean',
        doc: 'Whether the method, in replies that of CSeq, is one of these.',
      },
      hasBody: {
        cfg: ['has_body'],
        routes: anywhere,
        args: [str({ optional: true, doc: 'Its type; a body without Content-Type counts as application/sdp.' })],
        returns: 'boolean',
        doc: 'Whether there is a body (of this type).',
      },
      isPresentHf: {
        cfg: ['is_present_hf'],
        routes: anywhere,
        args: [name],
        returns: 'boolean',
        doc: 'Whether the message has this header.',
      },
      appendHf: {
        cfg: ['append_hf'],
        routes: edits,
        args: [header, str({ optional: true, doc: 'Name of the header to follow.' })],
        returns: added,
        doc: 'Adds a header after all others, or after the last one of the given name.',
      },
      insertHf: {
        cfg: ['insert_hf'],
        routes: edits,
        args: [header, str({ optional: true, doc: 'Name of the header to precede.' })],
        returns: added,
        doc: 'Adds a header before all others, or before the first one of the given name.',
      },
      removeHf: {
        cfg: ['remove_hf'],
        routes: edits,
        args: [name],
        returns: { removed: 1, absent: -1 },
        doc: 'Removes all headers of this name.',
      },
      appendToReply: {
        cfg: ['append_to_reply'],
        routes: ['request', 'branch', 'failure', 'branch_failure'],
        args: [header],
        returns: { added: 1, malformed: -1, full: -1 },
        doc: 'Adds a header to the replies that are made here for this request.',
      },
      startsWith: {
        cfg: ['starts_with'],
        routes: anywhere,
        args: [str({ doc: 'A text.' }), str({ doc: 'How it should begin.' })],
        returns: 'boolean',
        doc: 'Whether a text begins with another one, with regard to case.',
      },
      search: {
        cfg: ['search'],
        routes: anywhere,
        args: [pattern],
        returns: 'boolean',
        doc: 'Whether the message, as it would leave now, matches.',
      },
      searchBody: {
        cfg: ['search_body'],
        routes: anywhere,
        args: [pattern],
        returns: 'boolean',
        doc: 'Whether the body matches.',
      },
    },
  },
  () => {
    const patterns = new PatternCache();
    return {
      functions: {
        isMethod: ({ message }, methods) => isAmong(methodOf(message), methods),
        hasBody: ({ message }, type) => message.body !== '' && (type === undefined || isOfType(message, type)),
        isPresentHf: ({ message }, wanted) => message.headers.has(wanted),
        appendHf: ({ message }, text, after) => place(message, text, { edge: 'end', anchor: after }),
        insertHf: ({ message }, text, before) => place(message, text, { edge: 'start', anchor: before }),
        removeHf: ({ message }, wanted) => (message.headers.remove(wanted) > 0 ? 'removed' : 'absent'),
        appendToReply({ state }, text) {
          const line = parseHeaderText(text);
          if (line === undefined) return 'malformed';
          if (state.replyHeaders.length >= MAX_REPLY_HEADERS) return 'full';
          state.replyHeaders = [...state.replyHeaders, line];
          return 'added';
        },
        startsWith: (_, whole, beginning) => whole.startsWith(beginning),
        search: ({ message }, expression) => patterns.matches(expression, message.serialize().toString('latin1')),
        searchBody: ({ message }, expression) => patterns.matches(expression, message.body),
      },
    };
  },
);

/** Headers that a script may add to one request's replies. */
export const MAX_REPLY_HEADERS = 64;

const methodOf = (message: SipMessage): string =>
  message.kind === 'request' ? message.method : (message.cseq?.method ?? '');

/** `|` cannot stand in a method, so a name between bars is a whole one. */
const isAmong = (method: string, methods: string): boolean =>
  method === methods || `|${methods}|`.includes(`|${method}|`);

const MEDIA_PARAMS = /\s*;[\s\S]*$/;

function isOfType(message: SipMessage, type: string): boolean {
  const actual = message.headers.get(H.ContentType) ?? 'application/sdp';
  return actual.replace(MEDIA_PARAMS, '').toLowerCase() === type.toLowerCase();
}

interface Place {
  readonly edge: 'start' | 'end';
  readonly anchor: string | undefined;
}

function place({ headers }: SipMessage, text: string, { edge, anchor }: Place): 'added' | 'malformed' {
  const line = parseHeaderText(text);
  if (line === undefined) return 'malformed';
  if (edge === 'end') {
    if (anchor === undefined) headers.append(...line);
    else headers.insertAfter(anchor, ...line);
  } else if (anchor === undefined) headers.prepend(...line);
  else headers.insertBefore(anchor, ...line);
  return 'added';
}
