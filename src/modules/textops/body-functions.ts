/** Bodies: whether there is one, another one, parts of those that have several, and whether SDP holds the audio. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { PvPlace } from '../../engine/pv-value.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import { setContentType } from './header-functions.ts';
import { boundaryOf, DEFAULT_BOUNDARY, findPart, makeMultipart, withPart, withoutPart } from './multipart.ts';

type Ctx = RequestContext | ReplyContext;

export function bodyFunctions() {
  return {
    hasBody: ({ message }: Ctx, type?: string) =>
      message.body !== '' && (type === undefined || isOfType(message, type)),
    setBody({ message }: Ctx, text: string, type: string) {
      if (text === '' || type === '') return 'empty';
      setContentType(message, type);
      message.body = text;
      return 'set';
    },
    isAudioOnHold: ({ message }: Ctx) => holdIn(message.body),
    ...multipart(),
  } as const;
}

function multipart() {
  return {
    filterBody({ message }: Ctx, type: string) {
      const content = partOf(message, type)?.content;
      if (content === undefined) return 'absent';
      message.body = content;
      return 'filtered';
    },
    getBodyPart: (ctx: Ctx, type: string, to: PvPlace) => writePart(ctx, to, partOf(ctx.message, type)?.rest),
    getBodyPartRaw: (ctx: Ctx, type: string, to: PvPlace) => writePart(ctx, to, partOf(ctx.message, type)?.raw),
    removeBodyPart({ message }: Ctx, type: string) {
      const boundary = boundaryOf(message.headers.get(H.ContentType) ?? '');
      const body = boundary === undefined ? undefined : withoutPart(message.body, boundary, type);
      if (body === undefined) return 'absent';
      message.body = body;
      return 'removed';
    },
    setBodyMultipart({ message }: Ctx, text?: string, type?: string, boundary = DEFAULT_BOUNDARY) {
      const old = message.headers.get(H.ContentType);
      const existing = boundaryOf(old ?? '');
      const content = text ?? message.body;
      const contentType = text === undefined ? old : type;
      if ((text === undefined && existing !== undefined) || boundary.startsWith('-')) return 'refused';
      if (content === '' || contentType === undefined || contentType === '') return 'refused';
      message.body = makeMultipart(boundary, { content, type: contentType });
      if (existing === undefined || existing !== boundary) {
        setContentType(message, `multipart/mixed;boundary="${boundary}"`);
        if (!message.headers.has('Mime-Version')) message.headers.append('Mime-Version', '1.0');
      }
      return 'set';
    },
    appendBodyPart: ({ message }: Ctx, content: string, type: string, disposition?: string) =>
      appendPart(message, { content, type, disposition }),
    appendBodyPartHex({ message }: Ctx, digits: string, type: string, disposition?: string) {
      const plain = digits.replace(/\s+/g, '');
      if (!/^(?:[0-9A-Fa-f]{2})+$/.test(plain)) return 'refused';
      return appendPart(message, { content: Buffer.from(plain, 'hex').toString('latin1'), type, disposition });
    },
  } as const;
}

function partOf(message: SipMessage, type: string) {
  const boundary = boundaryOf(message.headers.get(H.ContentType) ?? '');
  return boundary === undefined ? undefined : findPart(message.body, boundary, type);
}

function writePart(ctx: Ctx, to: PvPlace, text: string | undefined): 'found' | 'absent' {
  if (text === undefined) return 'absent';
  to.write?.(ctx, text);
  return 'found';
}

interface NewPart {
  readonly content: string;
  readonly type: string;
  readonly disposition: string | undefined;
}

function appendPart(message: SipMessage, part: NewPart): 'added' | 'refused' {
  const boundary = boundaryOf(message.headers.get(H.ContentType) ?? '');
  if (boundary === undefined || message.body === '' || part.content === '' || part.type === '') return 'refused';
  message.body = withPart(message.body, boundary, part);
  return 'added';
}

const MEDIA_PARAMS = /\s*;[\s\S]*$/;

function isOfType(message: SipMessage, type: string): boolean {
  const actual = message.headers.get(H.ContentType) ?? 'application/sdp';
  return actual.replace(MEDIA_PARAMS, '').toLowerCase() === type.toLowerCase();
}

const NULL_ADDRESS = /^c=IN IP4 0\.0\.0\.0\s*$|^c=IN IP6 ::\s*$/m;
const HELD = /^a=(?:sendonly|inactive)\s*$/m;
const DIRECTED = /^a=(?:sendonly|inactive|sendrecv|recvonly)\s*$/m;

/** What an audio stream does not say about itself, its session says (RFC 4566 section 5.7 and RFC 3264 section 5.1). */
function holdIn(sdp: string): 'address' | 'direction' | 'no' {
  const [session = '', ...media] = sdp.split(/^(?=m=)/m);
  let held: 'direction' | 'no' = 'no';
  for (const stream of media) {
    if (!/^m=audio[ \t]/.test(stream)) continue;
    if (NULL_ADDRESS.test(/^c=/m.test(stream) ? stream : session)) return 'address';
    if (HELD.test(DIRECTED.test(stream) ? stream : session)) held = 'direction';
  }
  return held;
}
