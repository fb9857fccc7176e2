/**
 * From and To: URI, its parts, display name and tag. What is written is in the header at once, so a second assignment
 * replaces the first.
 */
import { H } from '../../sip/header-names.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { quote } from '../../sip/quoted.ts';
import { readAddress } from '../../sip/readers.ts';
import type { Uri } from '../../sip/uri.ts';
import type { PvEnvironment } from './environment.ts';
import { asText, type MessageContext, number, type PvEntry, text, type WritePv } from './table.ts';
import { hostOf, userOf, withHost, withUser } from './uri-parts.ts';

type Side = typeof H.From | typeof H.To;

/** Where the `<` stands that opens the URI; -1 for an address without brackets. */
export function bracketAt(value: string): number {
  if (!value.startsWith('"')) return value.indexOf('<');
  for (let at = 1; at < value.length; at++) {
    const char = value[at];
    if (char === '\\') at++;
    else if (char === '"') return value.indexOf('<', at);
  }
  return -1;
}

/** The display name with its quotes, as `$fn` shows it. */
export function displayText(value: string): string | null {
  const less = bracketAt(value);
  const display = less < 0 ? '' : value.slice(0, less).trim();
  return display === '' ? null : display;
}

function uriOf(ctx: MessageContext, side: Side, env: PvEnvironment): Uri | undefined {
  const address = readAddress(ctx.message.headers, side);
  if (address === undefined) return undefined;
  return (side === H.From ? env.fromUri : env.toUri).of(address.uri);
}

/** Puts another URI in the place of this one; display name and parameters keep their bytes. */
function replaceUri(ctx: MessageContext, side: Side, uri: string): void {
  const { headers } = ctx.message;
  const field = headers.field(side);
  const address = readAddress(headers, side);
  if (field === undefined || address === undefined) return;
  const { value } = field;
  const less = bracketAt(value);
  const clean = uri.replace(/[\s<>"]/g, '');
  if (less < 0) headers.replaceField(field, `<${clean}>${address.params.toString()}`);
  else headers.replaceField(field, value.slice(0, less + 1) + clean + value.slice(value.indexOf('>', less)));
}

const WORDS = /^[A-Za-z0-9\-.!%*_+`'~ \t]*$/;
const QUOTED = /^"(?:[^"\\]|\\[\s\S])*"$/;

function replaceDisplay(ctx: MessageContext, side: Side, display: string): void {
  const { headers } = ctx.message;
  const field = headers.field(side);
  if (field === undefined || parseNameAddr(field.value) === undefined) return;
  const { value } = field;
  const less = bracketAt(value);
  const semicolon = value.indexOf(';');
  const uriEnd = semicolon < 0 ? value.length : semicolon;
  const rest = less < 0 ? `<${value.slice(0, uriEnd).trim()}>${value.slice(uriEnd)}` : value.slice(less);
  const name = WORDS.test(display) || QUOTED.test(display) ? display : quote(display);
  headers.replaceField(field, name === '' ? rest : `${name} ${rest}`);
}

const writeUri =
  (side: Side): WritePv =>
  (ctx, _, value) => {
    if (value !== null && value !== '') replaceUri(ctx, side, asText(value));
  };

function writePart(side: Side, edit: (uri: Uri, value: string | undefined) => string): WritePv {
  return (ctx, _, value, env) => {
    const uri = uriOf(ctx, side, env);
    if (uri !== undefined) replaceUri(ctx, side, edit(uri, value === null || value === '' ? undefined : asText(value)));
  };
}

const whole = (side: Side, doc: string): PvEntry =>
  text(doc, {
    read: ({ message }) => readAddress(message.headers, side)?.uri ?? null,
    write: writeUri(side),
  });
const user = (side: Side, doc: string): PvEntry =>
  text(doc, { read: (ctx, _, env) => userOf(uriOf(ctx, side, env)), write: writePart(side, withUser) });
const userLength = (side: Side, doc: string): PvEntry =>
  number(doc, (ctx, _, env) => userOf(uriOf(ctx, side, env))?.length ?? 0);
const host = (side: Side, doc: string): PvEntry =>
  text(doc, {
    read: (ctx, _, env) => hostOf(uriOf(ctx, side, env)),
    write: writePart(side, (uri, value) => withHost(uri, value ?? hostOf(uri) ?? '')),
  });
const display = (side: Side, doc: string): PvEntry =>
  text(doc, {
    read({ message }) {
      const value = message.headers.get(side);
      return value === undefined ? null : displayText(value);
    },
    write: (ctx, _, value) => replaceDisplay(ctx, side, value === null ? '' : asText(value)),
  });
const tag = (side: Side, doc: string): PvEntry =>
  text(doc, ({ message }) => readAddress(message.headers, side)?.params.get('tag') ?? null);

export const addresses = {
  fu: whole(H.From, 'URI of From.'),
  from: whole(H.From, 'The same as `$fu`.'),
  fU: user(H.From, 'User of the From URI.'),
  'from.user': user(H.From, 'The same as `$fU`; in a script `$(from.user)`.'),
  'from.domain': host(H.From, 'The same as `$fd`.'),
  fUl: userLength(H.From, 'Length of the user of the From URI.'),
  fd: host(H.From, 'Host of the From URI.'),
  fn: display(H.From, 'Display name of From, with its quotes.'),
  ft: tag(H.From, 'Tag of From.'),
  fti: tag(H.From, 'Tag of From as it was received.'),
  tu: whole(H.To, 'URI of To.'),
  to: whole(H.To, 'The same as `$tu`.'),
  tU: user(H.To, 'User of the To URI.'),
  'to.user': user(H.To, 'The same as `$tU`; in a script `$(to.user)`.'),
  'to.domain': host(H.To, 'The same as `$td`.'),
  tUl: userLength(H.To, 'Length of the user of the To URI.'),
  td: host(H.To, 'Host of the To URI.'),
  tn: display(H.To, 'Display name of To, with its quotes.'),
  tt: tag(H.To, 'Tag of To; null without one.'),
  tti: tag(H.To, 'Tag of To as it was received.'),
};
