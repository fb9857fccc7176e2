/** Further fields of a record, as `log_extra` lists them: `src_user=$fU;src_ip=$si;what=text`. */
import type { RequestContext } from '../../engine/context.ts';
import { ViaductError } from '../../errors.ts';
import type { NameAddr } from '../../sip/name-addr.ts';
import { parseUri } from '../../sip/uri.ts';

export interface ExtraField {
  readonly name: string;
  /** Empty when there is no such value. */
  read(ctx: RequestContext): string;
}

/** Fields of one record. */
export const MAX_EXTRA = 64;

type Read = (ctx: RequestContext, inner: string) => string | number | undefined;

const userOf = (uri: string | undefined): string | undefined => {
  const parsed = uri === undefined ? undefined : parseUri(uri);
  if (parsed?.kind === 'tel') return parsed.number;
  return parsed?.kind === 'sip' ? parsed.user : undefined;
};
const domainOf = (uri: string | undefined): string | undefined => {
  const parsed = uri === undefined ? undefined : parseUri(uri);
  return parsed?.kind === 'sip' ? parsed.host : undefined;
};
const of =
  (
    address: (ctx: RequestContext) => NameAddr | undefined,
    part: (uri: string | undefined) => string | undefined,
  ): Read =>
  (ctx) =>
    part(address(ctx)?.uri);
const from = ({ message }: RequestContext): NameAddr | undefined => message.from;
const to = ({ message }: RequestContext): NameAddr | undefined => message.to;
const whole = (uri: string | undefined): string | undefined => uri;
const originalUri = ({ message }: RequestContext): string | undefined => message.startLine.split(' ')[1];

/** The pseudo-variables that can stand there, without their dollar. */
const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['fu', of(from, whole)],
  ['fU', of(from, userOf)],
  ['fd', of(from, domainOf)],
  ['tu', of(to, whole)],
  ['tU', of(to, userOf)],
  ['td', of(to, domainOf)],
  ['ru', ({ message }) => message.uri],
  ['rU', ({ message }) => userOf(message.uri)],
  ['rd', ({ message }) => domainOf(message.uri)],
  ['ou', (ctx) => originalUri(ctx)],
  ['oU', (ctx) => userOf(originalUri(ctx))],
  ['od', (ctx) => domainOf(originalUri(ctx))],
  ['rm', ({ message }) => message.method],
  ['ci', ({ message }) => message.callId],
  ['cs', ({ message }) => message.cseq?.number],
  ['ft', ({ message }) => message.fromTag],
  ['tt', ({ message }) => message.toTag],
  ['ct', ({ message }) => message.headers.get('Contact')],
  ['ua', ({ message }) => message.headers.get('User-Agent')],
  ['si', ({ received }) => received.flow.remote.address],
  ['sp', ({ received }) => received.flow.remote.port],
  ['Ri', ({ received }) => received.flow.local.address],
  ['Rp', ({ received }) => received.flow.local.port],
  ['proto', ({ received }) => received.flow.transport],
  ['du', ({ destination }) => destination.uri],
  ['hdr', ({ message }, inner) => message.headers.get(inner)],
  ['avp', ({ state }, inner) => state.avps.get(inner.replace(/^s:/, ''))?.[0]],
  ['var', ({ vars }, inner) => vars.get(inner)],
]);

/** Legs of one record. */
export const MAX_LEGS = 64;

const LEG = /^([^=]+)=\$(?:avp|\(avp)\((?:s:)?([^()]+)\)\)?$/;
const VARIABLE = /^\$(?:([A-Za-z]+)(?:\(([^()]*)\))?|\(([A-Za-z]+)(?:\(([^()]*)\))?\))$/;

/** A ViaductError names what cannot stand there. */
export function parseExtra(text: string): readonly ExtraField[] {
  const fields = parts(text).map(fieldOf);
  if (fields.length > MAX_EXTRA) throw new ViaductError('PARAM_VALUE', `acc.log_extra: more than ${MAX_EXTRA} fields`);
  return fields;
}

/** Fields of all legs: those of the AVPs' first values, then those of the next, as long as one of them has a value. */
export function parseLegs(text: string): (ctx: RequestContext) => readonly ExtraField[] {
  const names = parts(text).map((part) => LEG.exec(part) ?? legFault(part));
  if (names.length === 0) return () => [];
  return ({ state }) => {
    const columns = names.map(([, name = '', avp = '']) => ({ name, values: state.avps.get(avp) ?? [] }));
    const legs = Math.min(Math.max(1, ...columns.map(({ values }) => values.length)), MAX_LEGS);
    return Array.from({ length: legs }, (_, leg) =>
      columns.map(({ name, values }) => ({ name, read: () => String(values[leg] ?? '') })),
    ).flat();
  };
}

const parts = (text: string): readonly string[] =>
  text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function legFault(part: string): never {
  throw new ViaductError('PARAM_VALUE', `acc.multi_leg_info ${JSON.stringify(part)}: expected name=$avp(name)`);
}

function fieldOf(part: string): ExtraField {
  const equals = part.indexOf('=');
  const name = part.slice(0, Math.max(equals, 0)).trim();
  const value = part.slice(equals + 1).trim();
  if (name === '') throw new ViaductError('PARAM_VALUE', `acc.log_extra ${JSON.stringify(part)}: expected name=value`);
  if (!value.startsWith('$')) return { name, read: () => value };
  const [, plain, plainInner, braced, bracedInner] = VARIABLE.exec(value) ?? [];
  const read = READERS.get(plain ?? braced ?? '');
  if (read === undefined) {
    const known = [...READERS.keys()].map((one) => `$${one}`).join(' ');
    throw new ViaductError('PARAM_VALUE', `acc.log_extra: ${value} cannot be accounted (these can: ${known})`);
  }
  const inner = plainInner ?? bracedInner ?? '';
  return { name, read: (ctx) => String(read(ctx, inner) ?? '') };
}
