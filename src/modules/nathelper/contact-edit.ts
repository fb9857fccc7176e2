/**
 * Writes the source address of a message into its Contacts: as host and port, as the `alias` parameter of the URI, or as a
 * `received` parameter. Every other part of the header keeps its text.
 */
import { splitElements } from '../../sip/elements.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import { type NameAddr, parseNameAddr } from '../../sip/name-addr.ts';
import type { Params } from '../../sip/params.ts';
import { hostAddress, parseUri, type SipUri } from '../../sip/uri.ts';
import type { Flow } from '../../transport/flow.ts';
import { aliasText, hostPort, sourceUri } from './source-address.ts';

export type ContactEdit = 'set' | 'unneeded' | 'malformed';

/** One Contact: its text, and what was read out of it. */
interface Contact {
  readonly text: string;
  readonly address: NameAddr;
}

type Rewrite = (contact: Contact) => string | undefined;

/** Host and port of the sender instead of what stands there; maddr would lead elsewhere and goes. */
export const fixContacts = (message: SipMessage, flow: Flow): ContactEdit =>
  rewrite(message, (contact) => {
    const parsed = sipUri(contact);
    if (parsed === undefined) return undefined;
    const params = parsed.params.without('maddr').toString();
    return withUri(contact, `${uriHead(contact.address.uri, parsed)}${hostPort(flow)}${params}${uriTail(parsed)}`);
  });

/** The alias after all other parameters of the URI. Said twice, it stands there once. */
export const setAliases = (message: SipMessage, flow: Flow, name: string, old: 'keep' | 'replace'): ContactEdit =>
  rewrite(message, (contact) => {
    const parsed = sipUri(contact);
    if (parsed === undefined) return undefined;
    const alias = `;${name}=${aliasText(flow.remote.address, flow.remote.port, flow.transport)}`;
    const params = (old === 'replace' ? withoutAll(parsed.params, name) : parsed.params).toString();
    const head = `${uriHead(contact.address.uri, parsed)}${hostAndPort(parsed)}`;
    return withUri(contact, `${head}${params}${params.endsWith(alias) ? '' : alias}${uriTail(parsed)}`);
  });

/** The alias before all other parameters of the URI. */
export const addAliases = (message: SipMessage, name: string, alias: string): ContactEdit =>
  rewrite(message, (contact) => {
    const parsed = sipUri(contact);
    if (parsed === undefined) return undefined;
    const text = `;${name}=${alias}`;
    const params = parsed.params.toString();
    const head = `${uriHead(contact.address.uri, parsed)}${hostAndPort(parsed)}`;
    return withUri(contact, `${head}${params.startsWith(text) ? '' : text}${params}${uriTail(parsed)}`);
  });

/** Whether some Contact names another address, port or transport than the message came from. */
export function needsAlias(message: SipMessage, flow: Flow): boolean {
  const { contacts } = message;
  if (contacts?.kind !== 'list') return true;
  return contacts.contacts.some(({ uri }) => {
    const parsed = parseUri(uri);
    if (parsed?.kind !== 'sip') return true;
    // As in Kamailio, a Contact without a transport names none.
    const transport = parsed.params.get('transport')?.toLowerCase() ?? (parsed.scheme === 'sips' ? 'tls' : '');
    const { remote } = flow;
    return (
      hostAddress(parsed.host) !== remote.address ||
      (parsed.port ?? 5060) !== remote.port ||
      transport !== flow.transport
    );
  });
}

/** For a registrar further on: as a parameter of the header, or of the URI. Nothing for `*`. */
export const addReceived = (message: SipMessage, flow: Flow, inUri: boolean): ContactEdit => {
  if (message.contacts?.kind === 'all') return 'unneeded';
  return rewrite(message, (contact) => {
    if (!inUri) return `${contact.text};received="${sourceUri(flow)}"`;
    const parsed = sipUri(contact);
    if (parsed === undefined) return undefined;
    const head = `${uriHead(contact.address.uri, parsed)}${hostAndPort(parsed)}`;
    return withUri(contact, `${head}${parsed.params.toString()};received=${sourceUri(flow)}${uriTail(parsed)}`);
  });
};

/** Edits every Contact or, when one of them cannot be read, none. */
function rewrite(message: SipMessage, change: Rewrite): ContactEdit {
  const fields = message.headers.fields(H.Contact);
  const lines: string[] = [];
  for (const { value } of fields) {
    const changed: string[] = [];
    for (const text of splitElements(value)) {
      const address = parseNameAddr(text);
      const next = address === undefined ? undefined : change({ text, address });
      if (next === undefined) return 'malformed';
      changed.push(next);
    }
    lines.push(changed.join(', '));
  }
  for (const [index, field] of fields.entries()) {
    const line = lines[index];
    if (line !== undefined && line !== field.value) message.headers.replaceField(field, line);
  }
  return fields.length === 0 ? 'unneeded' : 'set';
}

/** A parameter may stand there more than once. */
function withoutAll(params: Params, name: string): Params {
  return params.has(name) ? withoutAll(params.without(name), name) : params;
}

function sipUri({ address }: Contact): SipUri | undefined {
  const parsed = parseUri(address.uri);
  return parsed?.kind === 'sip' ? parsed : undefined;
}

/** Scheme and user, as they are written. */
function uriHead(uri: string, { scheme, user }: SipUri): string {
  return user === undefined ? uri.slice(0, scheme.length + 1) : uri.slice(0, uri.indexOf('@') + 1);
}

const hostAndPort = ({ host, port }: SipUri): string => (port === undefined ? host : `${host}:${port}`);
const uriTail = ({ headers }: SipUri): string => (headers === undefined ? '' : `?${headers}`);

/** Parameters of a URI need angle brackets, else they would belong to the header. */
function withUri({ text, address }: Contact, uri: string): string {
  const bracketed = `<${address.uri}>`;
  const at = text.lastIndexOf(bracketed);
  if (at >= 0) return `${text.slice(0, at)}<${uri}>${text.slice(at + bracketed.length)}`;
  return `<${uri}>${text.slice(address.uri.length)}`;
}
