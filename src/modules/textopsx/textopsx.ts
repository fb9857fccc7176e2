/**
 * textopsx: elements of list headers, the body, the status of a reply. Same names and results as Kamailio's textopsx; an
 * edit is seen at once by whoever reads next; msg_apply_changes makes them show in our own replies, too.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { choice, int, str } from '../../engine/spec.ts';
import type { Field } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import { globMatches } from './glob.ts';
import { type HfReference, parseHfReference } from './hf-reference.ts';
import { HfValues } from './hf-values.ts';
import { isStill, Walks } from './iterators.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const edits = ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const place = str({ doc: '`Name`, `Name[2]`, `Name[-1]`, `Name[*]`, each with `.param`.' });
const value = str({ doc: 'The element.' });
const done = { done: 1, absent: -1, malformed: -1 } as const;
const walk = str({ doc: 'Name of the walk.' });

type Ctx = RequestContext | ReplyContext;

const functions = {
  applyChanges: {
    cfg: ['msg_apply_changes'],
    routes: ['request', 'reply', 'onreply'],
    args: [],
    returns: { applied: 1 },
    doc: 'Replies of our own are made from the request as it is now. Edits are visible anyway.',
  },
  removeBody: {
    cfg: ['remove_body'],
    routes: edits,
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
  keepHf: {
    cfg: ['keep_hf'],
    routes: edits,
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

export const textopsx = defineModule(
  {
    name: 'textopsx',
    doc: 'Elements of list headers, the body, the status of a reply.',
    functions,
    pvs: {
      hfitname: { type: 'str', inner: 'required', doc: 'Name of the header where the walk stands.' },
      hfitbody: { type: 'str', inner: 'required', doc: 'Its value.' },
      blitval: { type: 'str', inner: 'required', doc: 'Line of the body where the walk stands, with its end.' },
    },
  },
  (host) => {
    const patterns = new PatternCache();
    const fields = new Walks<Field>(host.slot('fields'));
    const lines = new Walks<string>(host.slot('lines'));
    return {
      functions: { ...messageFunctions(patterns), ...valueFunctions(), ...walkFunctions(fields, lines) },
      pvs: {
        hfitname: { read: (ctx, { inner }) => fields.current(ctx, inner)?.name ?? null },
        hfitbody: { read: (ctx, { inner }) => fields.current(ctx, inner)?.value ?? null },
        blitval: { read: (ctx, { inner }) => lines.current(ctx, inner) ?? null },
      },
    };
  },
);

/** Without these a message cannot be routed or answered. */
const NEEDED: ReadonlySet<number> = new Set([
  ...[H.Via, H.From, H.To, H.CallId, H.CSeq, H.MaxForwards, H.Contact, H.Route, H.RecordRoute],
  ...[H.ContentLength, H.ContentType],
]);

function messageFunctions(patterns: PatternCache) {
  return {
    applyChanges({ message, state }: RequestContext | ReplyContext) {
      if (message.kind === 'request') state.editsApplied = true;
      return 'applied' as const;
    },
    removeBody({ message }: Ctx) {
      if (message.body === '') return 'absent';
      message.body = '';
      return 'removed';
    },
    /** RFC 3261 gives each class its own meaning to transactions, so the class stays. */
    changeReplyStatus({ message }: ReplyContext, status: number, reason: string) {
      const { status: old } = message;
      if (old === 100 || status === 100 || Math.trunc(old / 100) !== Math.trunc(status / 100)) return 'refused';
      message.setStatus(status, reason);
      return 'changed';
    },
    keepHf({ message: { headers } }: Ctx, expression?: string): 'kept' {
      for (const field of [...headers.fields()]) {
        if (NEEDED.has(field.id)) continue;
        if (expression === undefined || !patterns.matches(expression, field.name)) headers.removeField(field);
      }
      return 'kept';
    },
    fnmatch: (_: Ctx, text: string, pattern: string, mode?: 'ignoreCase') =>
      globMatches(pattern, text, mode === 'ignoreCase'),
  } as const;
}

type Change = (values: HfValues, reference: HfReference, text: string) => boolean;

function valueFunctions() {
  const changing =
    (change: Change) =>
    ({ message }: Ctx, where: string, text = '') => {
      const reference = parseHfReference(where);
      if (reference === undefined) return 'malformed';
      return change(new HfValues(message.headers, reference.name), reference, text) ? 'done' : 'absent';
    };
  const always =
    (change: (values: HfValues, text: string) => void) =>
    ({ message }: Ctx, where: string, text: string) => {
      const reference = parseHfReference(where);
      if (reference === undefined) return 'malformed';
      change(new HfValues(message.headers, reference.name), text);
      return 'done';
    };
  return {
    appendHfValue: changing((values, { index }, text) => values.append(text, index)),
    insertHfValue: changing((values, { index }, text) => values.insert(text, index)),
    assignHfValue: changing((values, reference, text) => values.assign(text, reference)),
    removeHfValue: changing((values, reference) => values.remove(reference)),
    includeHfValue: always((values, text) => {
      if (!values.has(text)) values.append(text, undefined);
    }),
    excludeHfValue: always((values, text) => values.exclude(text)),
    hfValueExists({ message }: Ctx, where: string, text: string) {
      const reference = parseHfReference(where);
      return reference !== undefined && new HfValues(message.headers, reference.name).has(text);
    },
  } as const;
}

const LINE = /[^\n]*\n|[^\n]+$/g;

function walkFunctions(fields: Walks<Field>, lines: Walks<string>) {
  return {
    hfIteratorStart: (ctx: Ctx, name: string) =>
      fields.start(ctx, name, [...ctx.message.headers.fields()]) ? 'started' : 'full',
    hfIteratorNext: (ctx: Ctx, name: string) => fields.move(ctx, name, 1),
    hfIteratorPrev: (ctx: Ctx, name: string) => fields.move(ctx, name, -1),
    hfIteratorEnd(ctx: Ctx, name: string): 'ended' {
      fields.end(ctx, name);
      return 'ended';
    },
    hfIteratorRm(ctx: Ctx, name: string) {
      const field = fields.current(ctx, name);
      if (field === undefined || !isStill(ctx, field)) return 'nothing';
      ctx.message.headers.removeField(field);
      return 'removed';
    },
    blIteratorStart: (ctx: Ctx, name: string) =>
      lines.start(ctx, name, ctx.message.body.match(LINE) ?? []) ? 'started' : 'full',
    blIteratorNext: (ctx: Ctx, name: string) => lines.move(ctx, name, 1),
    blIteratorEnd(ctx: Ctx, name: string): 'ended' {
      lines.end(ctx, name);
      return 'ended';
    },
  } as const;
}
