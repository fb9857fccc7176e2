/**
 * textopsx: elements of list headers, the body, the status of a reply. Same names and results as Kamailio's textopsx; an
 * edit is seen at once by whoever reads next; msg_apply_changes makes them show in our own replies, too.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import type { HeaderArg } from '../../engine/spec.ts';
import type { Field } from '../../sip/field.ts';
import { H } from '../../sip/header-names.ts';
import type { SipResponse } from '../../sip/message.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import { type BodyLine, addText, linesOf, removeLine } from './body-lines.ts';
import { functions, pvs } from './declaration.ts';
import { globMatches } from './glob.ts';
import { changeLine } from './hf-lines.ts';
import { type HfReference, parseHfReference } from './hf-reference.ts';
import { HfValues } from './hf-values.ts';
import { isStill, Walks } from './iterators.ts';

type Ctx = RequestContext | ReplyContext;

export const textopsx = defineModule(
  {
    name: 'textopsx',
    doc: 'Elements of list headers, the body, the status of a reply.',
    functions,
    pvs,
  },
  (host) => {
    const patterns = new PatternCache();
    const fields = new Walks<Field>(host.slot('fields'));
    const lines = new Walks<BodyLine>(host.slot('lines'));
    return {
      functions: {
        ...messageFunctions(patterns),
        ...valueFunctions(),
        ...walkFunctions(fields, lines),
        ...editFunctions(fields, lines),
      },
      pvs: {
        hfitname: { read: (ctx, { inner }) => fields.current(ctx, inner)?.name ?? null },
        hfitbody: { read: (ctx, { inner }) => fields.current(ctx, inner)?.value ?? null },
        blitval: { read: (ctx, { inner }) => lines.current(ctx, inner)?.text ?? null },
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
    changeReplyStatus: ({ message }: ReplyContext, status: number, reason: string) =>
      changeStatus(message, status, reason),
    changeReplyStatusCode: ({ message }: ReplyContext, status: number) => changeStatus(message, status, message.reason),
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

/** RFC 3261 gives each class its own meaning to transactions, so the class stays. */
function changeStatus(message: SipResponse, status: number, reason: string): 'changed' | 'refused' {
  const { status: old } = message;
  if (old === 100 || status === 100 || Math.trunc(old / 100) !== Math.trunc(status / 100)) return 'refused';
  message.setStatus(status, reason);
  return 'changed';
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
    assignHfValue2: ({ message }: Ctx, where: string, text: string) => changeLine(message.headers, where, text),
    removeHfValue2: ({ message }: Ctx, where: string) => changeLine(message.headers, where, undefined),
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

const HEADER = /^([^\s:]+)[ \t]*:[ \t]*(.*)$/;

function editFunctions(fields: Walks<Field>, lines: Walks<BodyLine>) {
  const beside = (ctx: Ctx, walk: string, written: HeaderArg, side: 'before' | 'behind') => {
    const field = fields.current(ctx, walk);
    const texts = typeof written === 'string' ? [written] : written;
    const found = texts.flatMap((text) => {
      const [, name, value = ''] = HEADER.exec(text.trim()) ?? [];
      return name === undefined ? [] : [{ name, value }];
    });
    if (field === undefined || !isStill(ctx, field) || found.length === 0 || found.length < texts.length)
      return 'nothing';
    const { headers } = ctx.message;
    if (side === 'before') for (const { name, value } of found) headers.insertBeforeField(field, name, value);
    else for (const { name, value } of found.toReversed()) headers.insertAfterField(field, name, value);
    return 'added';
  };
  const inBody = (ctx: Ctx, walk: string, edit: (all: readonly BodyLine[], line: BodyLine) => string | undefined) => {
    const line = lines.current(ctx, walk);
    const body = line === undefined ? undefined : edit(lines.items(ctx, walk), line);
    if (body === undefined) return false;
    ctx.message.body = body;
    return true;
  };
  return {
    hfIteratorAppend: (ctx: Ctx, name: string, text: HeaderArg) => beside(ctx, name, text, 'behind'),
    hfIteratorInsert: (ctx: Ctx, name: string, text: HeaderArg) => beside(ctx, name, text, 'before'),
    blIteratorRm: (ctx: Ctx, name: string) => (inBody(ctx, name, removeLine) ? 'removed' : 'nothing'),
    blIteratorAppend: (ctx: Ctx, name: string, text: string) =>
      inBody(ctx, name, (all, line) => addText(all, line, 'behind', text)) ? 'added' : 'nothing',
    blIteratorInsert: (ctx: Ctx, name: string, text: string) =>
      inBody(ctx, name, (all, line) => addText(all, line, 'before', text)) ? 'added' : 'nothing',
  } as const;
}

function walkFunctions(fields: Walks<Field>, lines: Walks<BodyLine>) {
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
      lines.start(ctx, name, linesOf(ctx.message.body)) ? 'started' : 'full',
    blIteratorNext: (ctx: Ctx, name: string) => lines.move(ctx, name, 1),
    blIteratorEnd(ctx: Ctx, name: string): 'ended' {
      lines.end(ctx, name);
      return 'ended';
    },
  } as const;
}
