/**
 * A scripted user agent: sends what the test says, writes down what it hears, replies where the test gave it a handler.
 * Not a SIP stack: by default nothing happens by itself, neither ACK nor retransmission.
 */
import { formatCSeq } from '../sip/cseq.ts';
import { H } from '../sip/header-names.ts';
import { type SipMessage, SipRequest, type SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';
import { parseMessage } from '../sip/parse.ts';
import { buildAck, buildCancel, buildReply } from '../sip/reply.ts';
import type { Endpoint, TlsOptions, World } from '../world/world.ts';
import { type PeerChannel, PeerPort, type PeerTransport } from './peer-port.ts';
import { Resender } from './resender.ts';
import { answerChallenge } from './ua-credentials.ts';
import { dialogOfCallee, dialogOfCaller, tagIn, type UaDialog } from './ua-dialog.ts';
import { UaInbox } from './ua-inbox.ts';
import { branchOf, bytesOf, endpointIn, replyKey, sdpOf, showHost, stampVia } from './ua-messages.ts';
import { Waiters } from './waiters.ts';
import { showEndpoint } from './wire-log.ts';

export interface UaOptions {
  /** Of a simulator, or of Node: the script is the same. */
  readonly world: World;
  readonly local: Endpoint;
  readonly transport?: PeerTransport;
  readonly tls?: TlsOptions;
  readonly user?: string;
  readonly domain?: string;
  readonly password?: string;
  /** Where requests go that no Route leads elsewhere. */
  readonly proxy?: Endpoint;
  /** Acknowledges negative finals and 2xx, and answers the first challenge of a request. */
  readonly auto?: boolean;
  /** Requests, and final replies to INVITE, are repeated over UDP as the RFC says. */
  readonly retransmit?: boolean;
}

export interface UaRequestOptions {
  /** Instead of the way that Route, proxy or URI give. */
  readonly via?: Endpoint;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly contentType?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly routes?: readonly string[];
}

export interface UaReplyOptions {
  readonly reason?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  readonly contentType?: string;
}

export type UaHandler = (request: SipRequest, ua: ScriptedUa) => void;

export class ScriptedUa {
  /** What we heard. */
  readonly inbox = new UaInbox();
  readonly #options: UaOptions;
  readonly #port: PeerPort;
  readonly #resender: Resender;
  readonly #waiters: Waiters;
  readonly #handlers = new Map<string, UaHandler>();
  readonly #channels = new WeakMap<SipRequest, PeerChannel>();
  readonly #sent = new Map<string, { readonly request: SipRequest; readonly to: Endpoint }>();
  readonly #answered = new Set<string>();
  readonly #tags = new Map<string, string>();
  readonly #dialogs = new Map<string, UaDialog>();
  readonly #cseqs = new Map<string, number>();

  private constructor(options: UaOptions, port: PeerPort) {
    this.#options = options;
    this.#port = port;
    this.#resender = new Resender(options.world.clock);
    this.#waiters = new Waiters(options.world.clock);
  }

  static async start(options: UaOptions): Promise<ScriptedUa> {
    const { world, local, transport = 'udp', tls } = options;
    const place = { transport, local, ...(tls && { tls }) };
    const port = await PeerPort.open(world.net, place, (bytes, from) => ua.#hear(bytes, from));
    const ua = new ScriptedUa(options, port);
    return ua;
  }

  get local(): Endpoint {
    return this.#port.local;
  }

  /** Our address of record, `sip:alice@example.com`. */
  get aor(): string {
    const { user = 'ua', domain } = this.#options;
    return `sip:${user}@${domain ?? showHost(this.local.address)}`;
  }

  get contact(): string {
    const { transport } = this.#port;
    const suffix = transport === 'udp' ? '' : `;transport=${transport}`;
    return `<sip:${this.#options.user ?? 'ua'}@${showEndpoint(this.local)}${suffix}>`;
  }

  /** Codes of the faults of our sockets. */
  get faults(): readonly string[] {
    return this.#port.faults;
  }

  received(method?: string): readonly SipRequest[] {
    return this.inbox.requests(method);
  }

  /** Responses with this status, to this method. */
  receivedStatus(status?: number, method?: string): readonly SipResponse[] {
    return this.inbox.responses(status, method);
  }

  /** One line a message: `INVITE sip:bob@example.com`, `200 OK (INVITE)`. */
  lines(): readonly string[] {
    return this.inbox.lines();
  }

  /** Resolves when the script has heard enough; rejects, with what was heard, when the time is over. */
  until(isDone: () => boolean, withinMs?: number): Promise<void> {
    return this.#waiters.until(isDone, () => this.lines(), withinMs);
  }

  /** What to do with each request of this method. `*` takes those without a handler of their own. */
  on(method: string, handler: UaHandler): this {
    this.#handlers.set(method, handler);
    return this;
  }

  /** Answers INVITEs with these statuses, at once, and everything else but ACK with 200. */
  acceptCalls(statuses: readonly number[] = [180, 200]): this {
    this.on('INVITE', (request) => {
      for (const status of statuses) this.reply(request, status);
    });
    this.on('CANCEL', (request) => {
      this.reply(request, 200);
      const invite = this.received('INVITE').findLast(({ callId }) => callId === request.callId);
      if (invite !== undefined && !statuses.some((status) => status >= 200)) this.reply(invite, 487);
    });
    this.on('ACK', () => undefined);
    return this.on('*', (request) => this.reply(request, 200));
  }

  /** Sends as it stands; text without CR gets CRLF line ends. */
  send(message: string | Uint8Array | SipMessage, to = this.#options.proxy): void {
    if (to === undefined) throw new Error('nowhere to send: give an endpoint, or the agent a proxy');
    this.#port.send(bytesOf(message), to);
  }

  /** A request of ours, outside of any dialog unless the options say so. */
  request(method: string, uri: string, options: UaRequestOptions = {}): SipRequest {
    const request = SipRequest.create(method, uri);
    const { headers } = request;
    const callId = options.callId ?? `${this.#token(8)}@${showHost(this.local.address)}`;
    headers.append(H.Via, this.#via());
    headers.append(H.MaxForwards, '70');
    for (const route of options.routes ?? []) headers.append(H.Route, route);
    headers.append(H.From, options.from ?? `<${this.aor}>;tag=${this.#tagFor(callId)}`);
    headers.append(H.To, options.to ?? `<${uri}>`);
    headers.append(H.CallId, callId);
    headers.append(H.CSeq, formatCSeq({ number: options.cseq ?? this.#nextCSeq(callId), method }));
    headers.append(H.Contact, this.contact);
    for (const [name, value] of options.headers ?? []) headers.append(name, value);
    if (options.contentType !== undefined) headers.append(H.ContentType, options.contentType);
    request.body = options.body ?? '';
    this.#sendRequest(request, options.via ?? this.#nextHop(request));
    return request;
  }

  invite(uri: string, options: UaRequestOptions = {}): SipRequest {
    const offer = { body: sdpOf(this.local), contentType: 'application/sdp' };
    return this.request('INVITE', uri, { ...offer, ...options });
  }

  /** Of our own address of record, at the registrar of its domain. */
  register(options: UaRequestOptions & { readonly expires?: number } = {}): SipRequest {
    const headers = [['Expires', String(options.expires ?? 3600)] as const, ...(options.headers ?? [])];
    const registrar = `sip:${this.#options.domain ?? showHost(this.#options.proxy?.address ?? this.local.address)}`;
    return this.request('REGISTER', registrar, { to: `<${this.aor}>`, ...options, headers });
  }

  /** The ACK to a 300-699: same hop, same branch. */
  ackNegative(invite: SipRequest, response: SipResponse): SipRequest {
    const ack = buildAck(invite, response);
    this.send(ack, this.#sent.get(branchOf(invite))?.to);
    return ack;
  }

  /** The ACK to the 2xx of a call, the latest one unless told: a request of its own, along the route set. */
  ack2xx(callId?: string): SipRequest {
    const dialog = this.dialog(callId);
    return this.inDialog('ACK', { callId: dialog.callId, cseq: dialog.inviteCSeq });
  }

  bye(callId?: string): SipRequest {
    return this.inDialog('BYE', { ...(callId !== undefined && { callId }) });
  }

  cancel(invite: SipRequest): SipRequest {
    const cancel = buildCancel(invite);
    this.send(cancel, this.#sent.get(branchOf(invite))?.to);
    return cancel;
  }

  /** A request in the dialog of this Call-ID, or in the latest one. */
  inDialog(method: string, options: UaRequestOptions = {}): SipRequest {
    const { callId, local, remote, target, routes } = this.dialog(options.callId);
    return this.request(method, target, { from: local, to: remote, routes, ...options, callId });
  }

  dialog(callId?: string): UaDialog {
    const dialog = callId === undefined ? [...this.#dialogs.values()].at(-1) : this.#dialogs.get(callId);
    if (dialog === undefined) throw new Error(`no dialog${callId === undefined ? '' : ` with Call-ID ${callId}`}`);
    return dialog;
  }

  /** The same request again, with credentials for the challenge. */
  authenticate(request: SipRequest, challenge: SipResponse): SipRequest | undefined {
    const { user = 'ua', password = '' } = this.#options;
    const answer = answerChallenge(request, challenge, { user, password }, this.#token(8));
    const callId = request.callId;
    if (answer === undefined || callId === undefined) return undefined;
    const again = request.fork();
    again.headers.replaceFirstValue(H.Via, this.#via());
    again.headers.set(H.CSeq, formatCSeq({ number: this.#nextCSeq(callId), method: request.method }));
    again.headers.insertBefore(H.Contact, answer.name, answer.value);
    this.#sendRequest(again, this.#sent.get(branchOf(request))?.to ?? this.#nextHop(again));
    return again;
  }

  /** Back the way that the request came (RFC 3261 section 18.2.2, RFC 3581). Record-Route and our tag go along. */
  reply(request: SipRequest, status: number, { reason = '', headers = [], ...body }: UaReplyOptions = {}): SipResponse {
    const channel = this.#channels.get(request);
    if (channel === undefined) throw new Error('this agent did not receive that request');
    const establishes = request.method === 'INVITE' && status > 100 && status < 300;
    const response = buildReply(request, status, reason, {
      toTag: this.#tagFor(request.callId ?? ''),
      headers: establishes ? [['Contact', this.contact], ...headers] : headers,
      ...(establishes && status >= 200 && { body: sdpOf(this.local), contentType: 'application/sdp' }),
      ...body,
    });
    const port = stampVia(request, response, channel.remote);
    const bytes = response.serialize();
    const send = (): void => channel.send(bytes, port);
    if (establishes && status >= 200) this.#established(dialogOfCallee(request, response));
    if (request.method === 'INVITE' && status >= 200 && this.#repeats) this.#resender.start(replyKey(request), send);
    send();
    return response;
  }

  close(): void {
    this.#resender.stopAll();
    this.#port.close();
  }

  get #repeats(): boolean {
    return this.#options.retransmit === true && this.#port.transport === 'udp';
  }

  #hear(bytes: Buffer, channel: PeerChannel): void {
    const parsed = parseMessage(bytes);
    if (parsed.kind === 'malformed') {
      this.inbox.malformed.push(bytes);
      return;
    }
    const { message } = parsed;
    this.inbox.heard.push({ at: this.#options.world.clock.now(), from: channel.remote, message, bytes });
    if (message.kind === 'response') this.#hearResponse(message);
    else this.#hearRequest(message, channel);
    this.#waiters.check();
  }

  #hearRequest(request: SipRequest, channel: PeerChannel): void {
    this.#channels.set(request, channel);
    if (request.method === 'ACK') this.#resender.stop(replyKey(request));
    const handler = this.#handlers.get(request.method) ?? this.#handlers.get('*');
    handler?.(request, this);
  }

  #hearResponse(response: SipResponse): void {
    const branch = branchOf(response);
    const method = response.cseq?.method;
    if (method === 'INVITE' || response.status >= 200) this.#resender.stop(branch);
    if (method === 'INVITE' && response.status >= 200 && response.status < 300) {
      this.#established(dialogOfCaller(response));
    }
    const sent = this.#sent.get(branch);
    if (this.#options.auto === true && sent !== undefined && response.status >= 200)
      this.#follow(sent.request, response);
  }

  /** RFC 3261 12.2: a re-INVITE moves the target of its dialog, never the route set. */
  #established(dialog: UaDialog): void {
    const { callId, local, remote } = dialog;
    const known = this.#dialogs.get(callId);
    const isSame = known !== undefined && tagIn(known.local) === tagIn(local) && tagIn(known.remote) === tagIn(remote);
    this.#dialogs.delete(callId);
    this.#dialogs.set(callId, isSame ? { ...dialog, routes: known.routes } : dialog);
  }

  #follow(request: SipRequest, response: SipResponse): void {
    const { status } = response;
    if (request.method === 'INVITE' && response.cseq?.method === 'INVITE') {
      if (status < 300) this.ack2xx(response.callId);
      else this.ackNegative(request, response);
    }
    const hasTried = request.headers.has(H.Authorization) || request.headers.has(H.ProxyAuthorization);
    const branch = branchOf(request);
    if ((status !== 401 && status !== 407) || hasTried || this.#answered.has(branch)) return;
    this.#answered.add(branch);
    this.authenticate(request, response);
  }

  #sendRequest(request: SipRequest, to: Endpoint): void {
    const branch = branchOf(request);
    const bytes = request.serialize();
    if (request.method !== 'ACK') this.#sent.set(branch, { request, to });
    if (this.#repeats && request.method !== 'ACK') {
      this.#resender.start(branch, () => this.#port.send(bytes, to), request.method === 'INVITE');
    }
    this.#port.send(bytes, to);
  }

  /** The first Route, else our proxy, else the Request-URI; names mean the proxy, for this agent knows no DNS. */
  #nextHop(request: SipRequest): Endpoint {
    const route = request.headers.firstValue(H.Route);
    const { proxy } = this.#options;
    const hop = route === undefined ? undefined : endpointIn(parseNameAddr(route)?.uri ?? '');
    const found = hop ?? proxy ?? endpointIn(request.uri);
    if (found === undefined) throw new Error(`nowhere to send ${request.method} ${request.uri}: no IP address in it`);
    return found;
  }

  #via(): string {
    const branch = `z9hG4bK${this.#token(8)}`;
    return `SIP/2.0/${this.#port.transport.toUpperCase()} ${showEndpoint(this.local)};branch=${branch};rport`;
  }

  #tagFor(callId: string): string {
    const tag = this.#tags.get(callId) ?? this.#token(4);
    this.#tags.set(callId, tag);
    return tag;
  }

  #nextCSeq(callId: string): number {
    const number = (this.#cseqs.get(callId) ?? 0) + 1;
    this.#cseqs.set(callId, number);
    return number;
  }

  #token(bytes: number): string {
    return Buffer.from(this.#options.world.random.bytes(bytes)).toString('hex');
  }
}
