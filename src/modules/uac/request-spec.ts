/** `$uac_req(...)`: what uac_req_send will send, set field by field. */
import { H } from '../../sip/header-names.ts';
import { SipRequest } from '../../sip/message.ts';
import { parseUri } from '../../sip/uri.ts';

export const REQUEST_FIELDS = [
  'method',
  'ruri',
  'furi',
  'turi',
  'ouri',
  'hdrs',
  'body',
  'auser',
  'apasswd',
  'sock',
  'callid',
  'cseqno',
  'evroute',
  'evcode',
  'evtype',
  'evparam',
] as const;
export type RequestField = (typeof REQUEST_FIELDS)[number];
export type RequestSpec = Map<RequestField, string>;

export const isRequestField = (name: string): name is RequestField => REQUEST_FIELDS.some((field) => field === name);

/** As in Kamailio. */
const DEFAULT_CSEQ = '10';

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const HEADER_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*:[ \t]*(.*)$/;

/** Headers that the request gets anyway, or that would make two messages of it. */
const OWN: ReadonlySet<string> = new Set([
  'via',
  'v',
  'from',
  'f',
  'to',
  't',
  'call-id',
  'i',
  'cseq',
  'content-length',
  'l',
  'max-forwards',
]);

/** Without Via; undefined when something needed is missing or malformed. ACK and CANCEL belong to another request. */
export function requestOf(
  spec: RequestSpec,
  own: { readonly callId: string; readonly tag: string },
): SipRequest | undefined {
  const method = spec.get('method') ?? '';
  const uri = spec.get('ruri') ?? '';
  const from = spec.get('furi') ?? '';
  const to = spec.get('turi') ?? uri;
  if (!TOKEN.test(method) || method === 'ACK' || method === 'CANCEL') return undefined;
  if ([uri, from, to].some((one) => parseUri(one) === undefined)) return undefined;
  const request = SipRequest.create(method, uri);
  const { headers } = request;
  const cseq = /^\d{1,9}$/.exec(spec.get('cseqno') ?? '')?.[0] ?? DEFAULT_CSEQ;
  headers.append(H.To, `<${to}>`);
  headers.append(H.From, `<${from}>;tag=${own.tag}`);
  headers.append(H.CSeq, `${cseq} ${method}`);
  headers.append(H.CallId, spec.get('callid') ?? own.callId);
  headers.append(H.MaxForwards, '70');
  for (const line of (spec.get('hdrs') ?? '').split(/\r?\n/)) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !OWN.has(name.toLowerCase())) headers.append(name, value);
  }
  request.body = spec.get('body') ?? '';
  return request;
}
