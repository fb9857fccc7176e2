/** What textopsx declares: functions on list headers, walks and replies, and what walks are read by, under Kamailio's names. */
import { choice, header, int, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const edits = ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const place = str({ doc: '`Name`, `Name[2]`, `Name[-1]`, `Name[*]`, each with `.param`.' });
const value = str({ doc: 'The element.' });
const done = { done: 1, absent: -1, malformed: -1 } as const;
const walk = str({ doc: 'Name of the walk.' });

const line = str({ doc: '`Name` or `Name[2]`, each with `.param`.' });
const bodyText = str({ doc: 'The text, with its line end.' });

export const functions = {
  applyChanges: {
    cfg: ['msg_apply_changes'],
    routes: ['request', 'reply', 'onreply'],
    args: [],
    returns: { applied: 1 },
    doc: 'Replies of our own are made from the request as it is now. Edits are visible anyway.',
  },
  removeBody: {
    cfg: ['remove_body'],
    routes: anywhere,
    args: [],
    returns: { removed: 1, absent: -1 },
    doc: 'Removes the body; its Content-Type stays.',
  },
  changeReplyStatus: {
    cfg: ['change_reply_status'],
    routes: ['reply', 'onreply'],
    args: [int({ min: 100, max: 699, doc: 'Status.' }), str({ doc: 'Reason phrase.' })],
    returns: { changed: 1, refused: -1 },
    doc: 'Changes the status of a reply, not its class, and never 100.',
  },
  changeReplyStatusCode: {
    cfg: ['change_reply_status_code'],
    routes: ['reply', 'onreply'],
    args: [int({ min: 100, max: 699, doc: 'Status.' })],
    returns: { changed: 1, refused: -1 },
    doc: 'The same, and the reason phrase stays.',
  },
  keepHf: {
    cfg: ['keep_hf'],
    routes: anywhere,
    args: [str({ optional: true, doc: 'Regular expression of names to keep.' })],
    returns: { kept: 1 },
    doc: 'Removes all headers but those that a message must have, and those that match.',
  },
  fnmatch: {
    cfg: ['fnmatch'],
    routes: anywhere,
    args: [
      str({ doc: 'A text.' }),
      str({ doc: 'A shell pattern.' }),
      choice({ optional: true, choices: { ignoreCase: ['i'] }, doc: 'Upper and lower case are the same.' }),
    ],
    returns: 'boolean',
    doc: 'Whether a text fits a shell pattern.',
  },
  appendHfValue: {
    cfg: ['append_hf_value'],
    routes: edits,
    args: [place, value],
    returns: done,
    doc: 'Adds an element after the one named, or after the last.',
  },
  insertHfValue: {
    cfg: ['insert_hf_value'],
    routes: edits,
    args: [place, value],
    returns: done,
    doc: 'Adds an element before the one named, or before the first.',
  },
  assignHfValue: {
    cfg: ['assign_hf_value'],
    routes: edits,
    args: [place, value],
    returns: done,
    doc: 'Replaces an element, or its parameter.',
  },
  removeHfValue: {
    cfg: ['remove_hf_value'],
    routes: edits,
    args: [place],
    returns: done,
    doc: 'Removes an element, or its parameter.',
  },
  assignHfValue2: {
    cfg: ['assign_hf_value2'],
    routes: edits,
    args: [line, value],
    returns: done,
    doc: 'Replaces a line of a header as a whole, or one of its parameters that commas separate, as in Authorization.',
  },
  removeHfValue2: {
    cfg: ['remove_hf_value2'],
    routes: edits,
    args: [line],
    returns: done,
    doc: 'Removes a line of a header, or one of its parameters that commas separate.',
  },
  includeHfValue: {
    cfg: ['include_hf_value'],
    routes: edits,
    args: [place, value],
    returns: { done: 1, malformed: -1 },
    doc: 'Adds an element unless it is there.',
  },
  excludeHfValue: {
    cfg: ['exclude_hf_value'],
    routes: edits,
    args: [place, value],
    returns: { done: 1, malformed: -1 },
    doc: 'Removes an element wherever it is.',
  },
  hfValueExists: {
    cfg: ['hf_value_exists'],
    routes: anywhere,
    args: [place, value],
    returns: 'boolean',
    doc: 'Whether an element is there.',
  },
  hfIteratorStart: {
    cfg: ['hf_iterator_start'],
    routes: anywhere,
    args: [walk],
    returns: { started: 1, full: -1 },
    doc: 'Begins to walk over the headers.',
  },
  hfIteratorNext: {
    cfg: ['hf_iterator_next'],
    routes: anywhere,
    args: [walk],
    returns: 'boolean',
    doc: 'Goes on; false at the end.',
  },
  hfIteratorPrev: {
    cfg: ['hf_iterator_prev'],
    routes: anywhere,
    args: [walk],
    returns: 'boolean',
    doc: 'Goes back; false at the start.',
  },
  hfIteratorEnd: {
    cfg: ['hf_iterator_end'],
    routes: anywhere,
    args: [walk],
    returns: { ended: 1 },
    doc: 'Ends the walk.',
  },
  hfIteratorRm: {
    cfg: ['hf_iterator_rm'],
    routes: edits,
    args: [walk],
    returns: { removed: 1, nothing: -1 },
    doc: 'Removes the header where the walk stands.',
  },
  hfIteratorAppend: {
    cfg: ['hf_iterator_append'],
    routes: edits,
    args: [walk, header({ doc: 'The header, as a line.' })],
    returns: { added: 1, nothing: -1 },
    doc: 'Adds a header behind the one where the walk stands.',
  },
  hfIteratorInsert: {
    cfg: ['hf_iterator_insert'],
    routes: edits,
    args: [walk, header({ doc: 'The header, as a line.' })],
    returns: { added: 1, nothing: -1 },
    doc: 'Adds a header before the one where the walk stands.',
  },
  blIteratorRm: {
    cfg: ['bl_iterator_rm'],
    routes: edits,
    args: [walk],
    returns: { removed: 1, nothing: -1 },
    doc: 'Removes the line where the walk stands.',
  },
  blIteratorAppend: {
    cfg: ['bl_iterator_append'],
    routes: edits,
    args: [walk, bodyText],
    returns: { added: 1, nothing: -1 },
    doc: 'Adds a text behind the line where the walk stands.',
  },
  blIteratorInsert: {
    cfg: ['bl_iterator_insert'],
    routes: edits,
    args: [walk, bodyText],
    returns: { added: 1, nothing: -1 },
    doc: 'Adds a text before the line where the walk stands.',
  },
  blIteratorStart: {
    cfg: ['bl_iterator_start'],
    routes: anywhere,
    args: [walk],
    returns: { started: 1, full: -1 },
    doc: 'Begins to walk over the lines of the body.',
  },
  blIteratorNext: {
    cfg: ['bl_iterator_next'],
    routes: anywhere,
    args: [walk],
    returns: 'boolean',
    doc: 'Goes on; false at the end.',
  },
  blIteratorEnd: {
    cfg: ['bl_iterator_end'],
    routes: anywhere,
    args: [walk],
    returns: { ended: 1 },
    doc: 'Ends the walk.',
  },
} as const;

export const pvs = {
  hfitname: { type: 'str', inner: 'required', doc: 'Name of the header where the walk stands.' },
  hfitbody: { type: 'str', inner: 'required', doc: 'Its value.' },
  blitval: { type: 'str', inner: 'required', doc: 'Line of the body where the walk stands, with its end.' },
} as const;
