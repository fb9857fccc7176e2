/** Headers that a script asks for, adds and removes, in the message and in the replies that are made here. */
import type { ReplyContext, RequestContext, RequestState } from '../../engine/context.ts';
import type { HeaderArg } from '../../engine/spec.ts';
import { H } from '../../sip/header-names.ts';
import type { Field } from '../../sip/field.ts';
import type { Headers } from '../../sip/headers.ts';
import type { SipMessage } from '../../sip/message.ts';
import type { PatternCache } from '../../util/regex/pattern-cache.ts';
import type { WallTime } from '../../util/time.ts';
import { parseHeaderText } from './header-text.ts';

type Ctx = RequestContext | ReplyContext;
type HeaderLine = readonly [name: string, value: string];

/** Headers that a script may add to one request's replies. */
export const MAX_REPLY_HEADERS = 64;

export function headerFunctions(patterns: PatternCache, wall: () => WallTime) {
  const date = (): HeaderLine => ['Date', new Date(wall() / 1_000).toUTCString()];
  return { ...presence(patterns), ...adding(date), ...removing(patterns), ...answering(date) } as const;
}

function presence(patterns: PatternCache) {
  const matching = ({ message }: Ctx, expression: string): boolean =>
    message.headers.fields().some(({ name }) => patterns.matches(expression, name));
  return {
    isPresentHf: ({ message }: Ctx, wanted: string) => message.headers.has(wanted),
    isPresentHfRe: matching,
    isPresentHfRePv: matching,
    isPrivacy: ({ message }: Ctx, wanted: string) =>
      message.headers
        .getAll('Privacy')
        .flatMap((value) => value.toLowerCase().split(/[;,]/))
        .some((value) => value.trim() === wanted.toLowerCase()),
  } as const;
}

function adding(date: () => HeaderLine) {
  return {
    appendHf: ({ message }: Ctx, text: HeaderArg, after?: string) =>
      place(message, text, { edge: 'end', anchor: after }),
    insertHf: ({ message }: Ctx, text: HeaderArg, before?: string) =>
      place(message, text, { edge: 'start', anchor: before }),
    appendUriHf({ message }: RequestContext, before: string, after: string) {
      const [, uri = ''] = message.startLine.split(' ');
      return place(message, `${before}${uri}${after}`, { edge: 'end', anchor: undefined });
    },
    appendTimeToRequest({ message: { headers } }: Ctx): 'added' {
      const [first] = headers.fields();
      const [name, value] = date();
      if (first === undefined) headers.append(name, value);
      else headers.insertAfterField(first, name, value);
      return 'added';
    },
  } as const;
}

function removing(patterns: PatternCache) {
  const remove = ({ message: { headers } }: Ctx, fits: (field: Field) => boolean): 'removed' | 'absent' => {
    const fields = headers.fields().filter(fits);
    for (const field of fields) headers.removeField(field);
    return fields.length > 0 ? 'removed' : 'absent';
  };
  const byName = (ctx: Ctx, expression: string) => remove(ctx, ({ name }) => patterns.matches(expression, name));
  const byNames = (ctx: Ctx, expression: string, kept: string) =>
    remove(ctx, ({ name }) => patterns.matches(expression, name) && !patterns.matches(kept, name));
  return {
    removeHf: ({ message }: Ctx, wanted: string) => (message.headers.remove(wanted) > 0 ? 'removed' : 'absent'),
    removeHfRe: byName,
    removeHfRePv: byName,
    removeHfExp: byNames,
    removeHfExpPv: byNames,
    removeHfIdx({ message: { headers } }: Ctx, wanted: string, index: number) {
      const field = headers.fields(wanted).at(index);
      if (field === undefined) return 'absent';
      headers.removeField(field);
      return 'removed';
    },
    removeHfMatch(ctx: Ctx, wanted: string, how: 'equal' | 'notEqual' | 'contains' | 'matches', text: string) {
      const named = new Set(ctx.message.headers.fields(wanted));
      return remove(ctx, (field) => named.has(field) && compare(field.value, how, { text, patterns }));
    },
  } as const;
}

interface Comparison {
  readonly text: string;
  readonly patterns: PatternCache;
}

function compare(
  value: string,
  how: 'equal' | 'notEqual' | 'contains' | 'matches',
  { text, patterns }: Comparison,
): boolean {
  switch (how) {
    case 'equal':
      return value === text;
    case 'notEqual':
      return value !== text;
    case 'contains':
      return value.includes(text);
    case 'matches':
      return patterns.matches(text, value);
  }
}

function answering(date: () => HeaderLine) {
  return {
    appendToReply({ state }: Pick<RequestContext, 'state'>, text: HeaderArg) {
      const lines = headersIn(text);
      return lines === undefined ? 'malformed' : addToReply(state, lines);
    },
    appendTime: ({ state }: RequestContext) => addToReply(state, [date()]),
    setReplyBody({ state }: RequestContext, text: string, contentType: string) {
      if (text === '' || contentType === '') return 'empty';
      state.replyBody = { text, contentType };
      return 'set';
    },
  } as const;
}

function addToReply(state: RequestState, lines: readonly HeaderLine[]): 'added' | 'full' {
  if (state.replyHeaders.length + lines.length > MAX_REPLY_HEADERS) return 'full';
  state.replyHeaders = [...state.replyHeaders, ...lines];
  return 'added';
}

interface Place {
  readonly edge: 'start' | 'end';
  readonly anchor: string | undefined;
}

function place({ headers }: SipMessage, text: HeaderArg, { edge, anchor }: Place): 'added' | 'malformed' {
  const lines = headersIn(text);
  if (lines === undefined) return 'malformed';
  if (edge === 'end') append(headers, lines, anchor);
  else if (anchor !== undefined && headers.has(anchor)) {
    for (const line of lines) headers.insertBefore(anchor, ...line);
  } else for (const line of lines.toReversed()) headers.prepend(...line);
  return 'added';
}

/** Behind the last header of a name, and behind what was put there before. */
function append(headers: Headers, lines: readonly HeaderLine[], anchor: string | undefined): void {
  const fields = headers.fields();
  const named = anchor === undefined ? undefined : headers.fields(anchor).at(-1);
  let at = named === undefined ? fields.length - 1 : fields.indexOf(named);
  while (isWritten(fields[at + 1])) at++;
  for (const [name, value] of lines) {
    const behind = headers.fields()[at++];
    if (behind === undefined) headers.append(name, value);
    else headers.insertAfterField(behind, name, value);
  }
}

/** A line of its own, not one of the message. */
const isWritten = (field: Field | undefined): boolean =>
  field !== undefined && field.source.length === field.text.length;

/** Undefined when one of them is no header. */
function headersIn(given: HeaderArg): readonly HeaderLine[] | undefined {
  const texts = typeof given === 'string' ? [given] : given;
  const lines: HeaderLine[] = [];
  for (const text of texts) {
    const line = parseHeaderText(text);
    if (line === undefined) return undefined;
    lines.push(line);
  }
  return lines.length === 0 ? undefined : lines;
}

/** Named here so that a body and its type are changed together. */
export function setContentType({ headers }: SipMessage, type: string): void {
  if (headers.get(H.ContentType) === type) return;
  headers.remove(H.ContentType);
  headers.append(H.ContentType, type);
}
