/** `viaduct rpc`: calls a command of a running proxy over its HTTP port or its control socket. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import type { CommandDecl, Given } from '../command.ts';
import { socketPath } from '../ctl-socket.ts';
import { DependencyError, ExitCode, UsageError } from '../exit-code.ts';
import { DEFAULT_HTTP, parseHttpAddress } from '../http-port.ts';
import type { Shell } from '../shell.ts';
import { bracketed } from '../../transport/listen-address.ts';
import { escapeControls } from '../visible.ts';

const TIMEOUT_MS = 10_000;

export const rpc: CommandDecl = {
  name: 'rpc',
  summary: 'Call a command of a running proxy and print its result as JSON.',
  arguments: [
    { name: '<method>', doc: 'for example tm.stats; system.listMethods names all' },
    { name: '[params...]', doc: 'digits are a number, s:123 is the text 123; name=value where names are known' },
  ],
  flags: [
    { flags: '--http <address>', doc: 'address:port of the proxy (default 127.0.0.1:8060)' },
    { flags: '--ctl <path>', doc: 'its control socket, instead of --http' },
    { flags: '--http-token <token>', doc: 'its token; or VIADUCT_HTTP_TOKEN' },
    { flags: '--json', doc: 'print the result on one line' },
  ],
  run: callRpc,
};

/** Digits are a number; `s:` in front makes a text of anything, as kamcmd has it. */
export function rpcParam(text: string): string | number {
  if (text.startsWith('s:')) return text.slice(2);
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

async function callRpc(given: Given, shell: Shell): Promise<ExitCode> {
  const [method = '', ...params] = given.args;
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: params.map(rpcParam) });
  const told = await answerTo(call, given, shell);
  const reply = typeof told === 'object' && told !== null ? told : {};
  if ('error' in reply) {
    const error: unknown = reply.error;
    const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
    shell.err.write(`viaduct: ${method}: ${escapeControls(String(message))}\n`);
    return ExitCode.failure;
  }
  const result: unknown = 'result' in reply ? reply.result : null;
  shell.out.write(`${JSON.stringify(result, undefined, given.has('json') ? undefined : 2)}\n`);
  return ExitCode.ok;
}

async function answerTo(call: string, given: Given, shell: Shell): Promise<unknown> {
  const ctl = given.text('ctl');
  if (ctl !== undefined) {
    const path = resolve(shell.cwd, socketPath(ctl));
    const text = await overSocket(path, call);
    const told = parsed(text);
    if (told === undefined) throw new DependencyError(`${path} answered ${escapeControls(text)}`);
    return told;
  }
  const at = parseHttpAddress(given.text('http') ?? `${DEFAULT_HTTP.address}:${DEFAULT_HTTP.port}`);
  if (at === undefined) throw new UsageError('--http: write address:port, as in 127.0.0.1:8060');
  const token = given.text('http-token') ?? shell.env['VIADUCT_HTTP_TOKEN'];
  const url = `http://${bracketed(at.address)}:${at.port}`;
  const answer = await post(`${url}/rpc`, call, token);
  const told = answer.status === 200 ? parsed(answer.text) : undefined;
  if (told === undefined) throw new DependencyError(`${url} answered ${answer.status}: ${answer.text.trim()}`);
  return told;
}

/** One line out, one line back. */
function overSocket(path: string, call: string): Promise<string> {
  return new Promise((done, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(path, () => socket.write(`${call}\n`));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} seconds`)));
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      if (part.includes(LF)) socket.end();
    });
    socket.on('close', () => done(Buffer.concat(parts).toString('utf8')));
    socket.on('error', ({ message }) =>
      reject(new DependencyError(`${path}: ${message}. Is the proxy running with --ctl there?`)),
    );
  });
}

const LF = 0x0a;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Not `fetch`: that refuses ports which browsers think are dangerous, 5060 among them. */
function post(url: string, body: string, token: string | undefined): Promise<{ status: number; text: string }> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return new Promise((done, reject) => {
    const outgoing = request(url, { method: 'POST', headers, timeout: TIMEOUT_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => done({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} seconds`)));
    outgoing.on('error', ({ message }) =>
      reject(new DependencyError(`${url}: ${message}. Is the proxy running there? Give its address with --http.`)),
    );
    outgoing.end(body);
  });
}
