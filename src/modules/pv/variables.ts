/**
 * Variables of the script: `$var` for one message, `$avp` for a transaction as a stack with the newest value first,
 * `$shv` for all messages.
 */
import type { AvpValue } from '../../engine/context.ts';
import type { PvRef, PvValue } from '../../engine/module.ts';
import { push, store } from './stacks.ts';
import { either, type MessageContext, type ReadPv, text, type WritePv } from './table.ts';

/** `s:name` is `name`; `i:5` is a name of its own, not that of `5`. */
const avpName = (inner: string): string => (inner.startsWith('s:') ? inner.slice(2) : inner);

function readAvp({ state }: MessageContext, { inner, index }: PvRef): PvValue {
  const stack = state.avps.get(avpName(inner));
  if (stack === undefined || stack.length === 0) return null;
  if (index === 'all') return stack.length === 1 ? (stack[0] ?? null) : stack.join(', ');
  return stack[index ?? 0] ?? null;
}

const writeAvp: WritePv = ({ state: { avps } }, { inner, index }, value) => {
  const name = avpName(inner);
  const stack = avps.get(name);
  if (value === null) {
    if (stack === undefined) return;
    stack.shift();
    if (index === 'all' || stack.length === 0) avps.delete(name);
  } else if (stack === undefined || index === 'all') store(avps, name, [value]);
  else push(stack, value);
};

const readVar: ReadPv = (ctx, { inner }, env) => env.vars(ctx).get(inner) ?? env.parts.initial.get(inner) ?? 0;
const writeVar: WritePv = (ctx, { inner }, value, env) => store<AvpValue>(env.vars(ctx), inner, value ?? 0);

/** Beside `$var`, in the same table: no name of a variable holds a NUL. */
const nullable = (name: string): string => `\0${name}`;

const writeNullable: WritePv = (ctx, { inner }, value, env) => {
  if (value === null) env.vars(ctx).delete(nullable(inner));
  else store(env.vars(ctx), nullable(inner), value);
};

export const variables = {
  var: either('Variable of this message; 0 before it is assigned.', {
    inner: 'required',
    read: readVar,
    write: writeVar,
  }),
  vz: either('The same as `$var`.', { inner: 'required', read: readVar, write: writeVar }),
  vn: either('Variable of this message; null before it is assigned.', {
    inner: 'required',
    read: (ctx, { inner }, env) => env.vars(ctx).get(nullable(inner)) ?? null,
    write: writeNullable,
  }),
  avp: either(
    'Stack of values that lives as long as the transaction: assigning pushes, null pops, `[*]` is all of it.',
    {
      inner: 'required',
      read: readAvp,
      write: writeAvp,
    },
  ),
  shv: either('Variable that all messages share; 0 before it is assigned.', {
    inner: 'required',
    read: (_, { inner }, env) => env.parts.state.shared.get(inner) ?? 0,
    write: (_, { inner }, value, env) => store<AvpValue>(env.parts.state.shared, inner, value ?? ''),
  }),
  null: text('Nothing: assigning it removes.', () => null),
  _s: text('The text in the parentheses, its pseudo-variables evaluated.', {
    inner: 'required',
    read: (_, { inner }) => inner,
  }),
};

const INITIAL = /^([^=\s]+)=(i|s):([\s\S]*)$/;

/** `name=i:5` and `name=s:text`, as `varset` and `shvset` are written; undefined when it is neither. */
export function parseInitial(written: string): readonly [name: string, value: AvpValue] | undefined {
  const [, name, type, value] = INITIAL.exec(written) ?? [];
  if (name === undefined || value === undefined) return undefined;
  if (type === 's') return [name, value];
  return /^[+-]?\d+$/.test(value) ? [name, Number(value)] : undefined;
}
