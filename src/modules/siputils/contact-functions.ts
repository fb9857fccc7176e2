/**
 * Contacts that name us and hold what they named before: as parts of the user, `sip:prefix*user*password*host*port*transport@us`,
 * or as a parameter that holds the whole URI. Every other part of the header keeps its text.
 */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import { splitElements } from '../../sip/elements.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { formatUri, parseUri, type SipUri } from '../../sip/uri.ts';

type Ctx = RequestContext | ReplyContext;
type Outcome = 'changed' | 'malformed';

/** Changes the URI of every Contact; nothing is changed when one cannot be. `*` is left alone. */
function changeContacts(message: SipMessage, change: (uri: string) => string | undefined): Outcome {
  const fields = message.headers.fields(H.Contact);
  const written: string[] = [];
  for (const field of fields) {
    const elements = splitElements(field.value).map((element) =>
      element.trim() === '*' ? element : changedElement(element, change),
    );
    if (elements.includes(undefined)) return 'malformed';
    written.push(elements.join(', '));
  }
  fields.forEach((field, at) => message.headers.replaceField(field, written[at] ?? field.value));
  return 'changed';
}

function changedElement(element: string, change: (uri: string) => string | undefined): string | undefined {
  const address = parseNameAddr(element);
  const uri = address === undefined ? undefined : change(address.uri);
  if (address === undefined || uri === undefined) return undefined;
  const at = element.lastIndexOf(`<${address.uri}>`);
  // Without brackets the parameters behind it are those of the header.
  if (at < 0) return `<${uri}>${element.slice(element.indexOf(address.uri) + address.uri.length)}`;
  return `${element.slice(0, at)}<${uri}>${element.slice(at + address.uri.length + 2)}`;
}

const sipUri = (text: string): SipUri | undefined => {
  const uri = parseUri(text);
  return uri?.kind === 'sip' ? uri : undefined;
};

const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)$/;

function encoded(text: string, prefix: string, host: string, separator: string): string | undefined {
  const uri = sipUri(text);
  if (uri === undefined) return undefined;
  const { user = '', password = '', port = '', params } = uri;
  const parts = [prefix, user, password, uri.host, port, params.get('transport') ?? ''];
  return `sip:${parts.join(separator)}@${host}`;
}

function decoded(text: string, separator: string): string | undefined {
  const [, user = '', password = '', host = '', port = '', transport = '', ...more] =
    sipUri(text)?.user?.split(separator) ?? [];
  if (!HOST.test(host) || more.length > 0) return undefined;
  const login = user === '' ? '' : `${user}${password === '' ? '' : `:${password}`}@`;
  const place = `${host}${port === '' ? '' : `:${port}`}`;
  const made = `sip:${login}${place}${transport === '' ? '' : `;transport=${transport}`}`;
  return parseUri(made) === undefined ? undefined : made;
}

/** The URI in a parameter; the text itself without that parameter, undefined when it holds none. */
function unpacked(text: string, name: string): string | undefined {
  const value = sipUri(text)?.params.get(name);
  if (value === undefined) return text;
  const held = /^[A-Za-z0-9_-]+$/.test(value) ? Buffer.from(value, 'base64url').toString('latin1') : '';
  return parseUri(held) === undefined ? undefined : held;
}

export function contactFunctions(separator: string) {
  const mark = separator.slice(0, 1) || '*';
  return {
    encodeContact: ({ message }: Ctx, prefix: string, host: string) =>
      changeContacts(message, (uri) => encoded(uri, prefix, host, mark)),
    decodeContact({ message }: RequestContext): Outcome {
      const uri = decoded(message.uri, mark);
      if (uri === undefined) return 'malformed';
      message.uri = uri;
      return 'changed';
    },
    decodeContactHeader: ({ message }: Ctx) => changeContacts(message, (uri) => decoded(uri, mark)),
    contactParamEncode: ({ message }: Ctx, name: string, base: string) =>
      changeContacts(message, (uri) => {
        const held = Buffer.from(uri, 'latin1').toString('base64url');
        const made = `${base};${name}=${held}`;
        return sipUri(made) === undefined ? undefined : made;
      }),
    contactParamDecode: ({ message }: Ctx, name: string) => changeContacts(message, (uri) => unpacked(uri, name)),
    contactParamDecodeRuri({ message }: RequestContext, name: string): Outcome {
      const uri = unpacked(message.uri, name);
      if (uri === undefined) return 'malformed';
      message.uri = uri;
      return 'changed';
    },
    contactParamRm: ({ message }: Ctx, name: string) =>
      changeContacts(message, (text) => {
        const uri = sipUri(text);
        return uri === undefined || !uri.params.has(name)
          ? text
          : formatUri({ ...uri, params: uri.params.without(name) });
      }),
  } as const;
}
