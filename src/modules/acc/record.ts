/** What is accounted of a request and its final reply: Kamailio's line for the log, and the same as JSON. */
import type { RequestContext } from '../../engine/context.ts';
import type { Field } from '../../engine/spec.ts';

export type RecordKind = 'transaction answered' | 'call missed' | 'request accounted' | 'request acknowledged';

export interface Answer {
  /** Empty when a script named none. */
  readonly code: string;
  readonly reason: string;
  readonly toTag: string;
}

export interface Times {
  readonly seconds: number;
  /** Further fields. */
  readonly more: readonly (readonly [name: string, value: string | number])[];
}

export interface AccRecord {
  readonly kind: RecordKind;
  readonly fields: readonly (readonly [name: string, value: string | number])[];
}

export function recordOf(
  kind: RecordKind,
  ctx: RequestContext,
  { code, reason, toTag }: Answer,
  more: { readonly time: Times; readonly isUpstream: boolean; readonly extra: readonly Field[] },
): AccRecord {
  const { message } = ctx;
  const tags = [message.fromTag ?? '', toTag] as const;
  const [from, to] = more.isUpstream ? tags.toReversed() : tags;
  return {
    kind,
    fields: [
      ['timestamp', more.time.seconds],
      ...more.time.more,
      ['method', message.method],
      ['from_tag', from ?? ''],
      ['to_tag', to ?? ''],
      ['call_id', message.callId ?? ''],
      ['code', code],
      ['reason', reason],
      ...more.extra.map((field) => [field.name, String(field.read(ctx) ?? '')] as const),
    ],
  };
}

export const lineOf = ({ kind, fields }: AccRecord): string =>
  `ACC: ${kind}: ${fields.map(([name, value]) => `${name}=${value}`).join(';')}`;

export const jsonOf = ({ kind, fields }: AccRecord): string =>
  JSON.stringify({ kind, ...Object.fromEntries(fields.map(([name, value]) => [name, shown(value)])) });

/** Text of the wire is one character a byte; people read UTF-8. */
const shown = (value: string | number): string | number =>
  typeof value === 'string' ? Buffer.from(value, 'latin1').toString('utf8') : value;

/** `404 Not here` is a code and a reason; anything else is a reason. */
export function answerOf(comment: string, toTag: string): Answer {
  const [, code = '', reason = comment] = /^(\d{3})\s+(.*)$/s.exec(comment) ?? [];
  return { code, reason, toTag };
}
