/** What textops declares about headers and answers: functions under Kamailio's names. The rest is in text-declaration.ts. */
import { choice, header, int, str } from '../../engine/spec.ts';

/** Edits, too, though what an onsend route edits does not leave. */
export const anywhere = [
  'request',
  'branch',
  'onsend',
  'reply',
  'onreply',
  'failure',
  'branch_failure',
  'event',
] as const;
export const requests = ['request', 'branch', 'failure', 'branch_failure'] as const;

export const pattern = str({
  raw: true,
  regex: true,
  doc: 'A POSIX regular expression; upper and lower case are the same, ^ and $ are line ends.',
});
/** Pseudo-variables may stand in it. */
export const movingPattern = str({ doc: 'A POSIX regular expression; upper and lower case are the same.' });
export const name = str({ doc: 'Name of the header, long or compact, in any case.' });
export const which = choice({
  choices: { all: ['a'], first: ['f'], last: ['l'] },
  doc: 'Which headers of this name.',
});

const line = header({ doc: 'The header, `Name: value`, with or without a line end.' });
const added = { added: 1, malformed: -1 } as const;
const removed = { removed: 1, absent: -1 } as const;
const date = 'with the time, as `Date: Fri, 20 Nov 2026 08:15:00 GMT`';

export const headerDeclarations = {
  isPresentHf: {
    cfg: ['is_present_hf', 'is_present_hf_pv'],
    routes: anywhere,
    args: [name],
    returns: 'boolean',
    doc: 'Whether the message has this header.',
  },
  isPresentHfRe: {
    cfg: ['is_present_hf_re'],
    routes: anywhere,
    args: [pattern],
    returns: 'boolean',
    doc: 'Whether the message has a header whose name matches.',
  },
  isPresentHfRePv: {
    cfg: ['is_present_hf_re_pv'],
    routes: anywhere,
    args: [movingPattern],
    returns: 'boolean',
    doc: 'The same, with an expression that is computed.',
  },
  appendHf: {
    cfg: ['append_hf'],
    routes: anywhere,
    args: [line, str({ optional: true, doc: 'Name of the header to follow.' })],
    returns: added,
    doc: 'Adds a header after all others, or after the last one of the given name and what was added there before.',
  },
  insertHf: {
    cfg: ['insert_hf'],
    routes: anywhere,
    args: [line, str({ optional: true, doc: 'Name of the header to precede.' })],
    returns: added,
    doc: 'Adds a header before all others, or before the first one of the given name.',
  },
  appendUriHf: {
    cfg: ['append_urihf'],
    routes: requests,
    args: [str({ doc: 'What stands before the URI, `Name: `.' }), str({ doc: 'What follows it.' })],
    returns: added,
    doc: 'Adds a header with the Request-URI as it was received.',
  },
  removeHf: {
    cfg: ['remove_hf', 'remove_hf_pv'],
    routes: anywhere,
    args: [name],
    returns: removed,
    doc: 'Removes all headers of this name.',
  },
  removeHfRe: {
    cfg: ['remove_hf_re'],
    routes: anywhere,
    args: [pattern],
    returns: removed,
    doc: 'Removes all headers whose name matches.',
  },
  removeHfRePv: {
    cfg: ['remove_hf_re_pv'],
    routes: anywhere,
    args: [movingPattern],
    returns: removed,
    doc: 'The same, with an expression that is computed.',
  },
  removeHfExp: {
    cfg: ['remove_hf_exp'],
    routes: anywhere,
    args: [pattern, pattern],
    returns: removed,
    doc: 'Removes all headers whose name matches the first expression and not the second.',
  },
  removeHfExpPv: {
    cfg: ['remove_hf_exp_pv'],
    routes: anywhere,
    args: [movingPattern, movingPattern],
    returns: removed,
    doc: 'The same, with expressions that are computed.',
  },
  removeHfIdx: {
    cfg: ['remove_hf_idx'],
    routes: anywhere,
    args: [name, int({ doc: 'Which one, from 0, or from the end as -1.' })],
    returns: { removed: 1, absent: 2 },
    doc: 'Removes one of the headers of this name.',
  },
  removeHfMatch: {
    cfg: ['remove_hf_match'],
    routes: anywhere,
    args: [
      name,
      choice({
        choices: { equal: ['eq'], notEqual: ['ne'], contains: ['in'], matches: ['re'] },
        doc: 'How the value is compared.',
      }),
      str({ doc: 'With what: a text, or for `re` a regular expression.' }),
    ],
    returns: { removed: 1, absent: -2 },
    doc: 'Removes the headers of this name whose value fits.',
  },
  appendTimeToRequest: {
    cfg: ['append_time_to_request'],
    routes: anywhere,
    args: [],
    returns: { added: 1 },
    doc: `Adds a Date header behind the first header, ${date}.`,
  },
  appendToReply: {
    cfg: ['append_to_reply'],
    routes: [...requests, 'event'],
    args: [line],
    returns: { added: 1, malformed: -1, full: -1 },
    doc: 'Adds a header to the replies that are made here for this request, and to the answer of xhttp to an HTTP request.',
  },
  appendTime: {
    cfg: ['append_time'],
    routes: requests,
    args: [],
    returns: { added: 1, full: -1 },
    doc: `Adds a Date header to the replies that are made here, ${date}.`,
  },
  setReplyBody: {
    cfg: ['set_reply_body'],
    routes: requests,
    args: [str({ doc: 'The body.' }), str({ doc: 'Its type.' })],
    returns: { set: 1, empty: -1 },
    doc: 'Gives a body to the replies that are made here for this request.',
  },
  isPrivacy: {
    cfg: ['is_privacy'],
    routes: anywhere,
    args: [str({ doc: '`id`, `user`, `header`, `session`, `none` or another value of Privacy.' })],
    returns: 'boolean',
    doc: 'Whether the Privacy header asks for this.',
  },
} as const;
