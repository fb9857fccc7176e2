/** JSON-RPC 2.0 over the commands of a program: one call or a batch as text in, the answer as text out. */
import { ViaductError } from '../errors.ts';
import type { Command } from './command.ts';
import { RpcFault } from './rpc-fault.ts';

/** Calls in one batch. */
export const MAX_BATCH = 50;

export interface RpcTable {
  find(method: string): Pick<Command, 'run' | 'named'> | undefined;
}

type Id = string | number | null;
type Answer =
  | { readonly jsonrpc: '2.0'; readonly id: Id; readonly result: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: Id; readonly error: { readonly code: number; readonly message: string } };

/** The codes of the specification, and one for what a program refuses; commands give Kamailio's, 400 and more. */
const Code = {
  parse: -32_700,
  request: -32_600,
  method: -32_601,
  params: -32_602,
  internal: -32_603,
  refused: -32_000,
} as const;

/** undefined when everything in it was a notification: then there is nothing to answer. Never rejects. */
export async function answerRpc(text: string, table: RpcTable): Promise<string | undefined> {
  const request = parsed(text);
  if (request === undefined) return JSON.stringify(failure(null, Code.parse, 'this is not JSON'));
  if (!Array.isArray(request.value)) {
    const answer = await call(request.value, table);
    return answer === undefined ? undefined : encode(answer);
  }
  const batch: readonly unknown[] = request.value;
  if (batch.length === 0) return JSON.stringify(failure(null, Code.request, 'an empty batch'));
  if (batch.length > MAX_BATCH) return JSON.stringify(failure(null, Code.request, `more than ${MAX_BATCH} calls`));
  const answers = await Promise.all(batch.map((one) => call(one, table)));
  const told = answers.flatMap((answer) => (answer === undefined ? [] : [encode(answer)]));
  return told.length === 0 ? undefined : `[${told.join(',')}]`;
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

async function call(request: unknown, table: RpcTable): Promise<Answer | undefined> {
  if (!isRecord(request)) return failure(null, Code.request, 'a call is an object');
  const { id, method, params = [] } = request;
  const wellFormed = request['jsonrpc'] === '2.0' && typeof method === 'string' && (id === undefined || isId(id));
  if (!wellFormed) return failure(isId(id) ? id : null, Code.request, 'jsonrpc must be "2.0", method a string');
  const answer = await perform(isId(id) ? id : null, { method, params }, table);
  return id === undefined ? undefined : answer;
}

async function perform(
  id: Id,
  { method, params }: { readonly method: string; readonly params: unknown },
  table: RpcTable,
): Promise<Answer> {
  const command = table.find(method);
  if (command === undefined) return failure(id, Code.method, `there is no command ${method}`);
  const values = positional(params, command.named === true);
  if (values === undefined)
    return failure(id, Code.params, 'params must be strings and numbers, in an array or by name');
  try {
    return { jsonrpc: '2.0', id, result: (await command.run(values)) ?? null };
  } catch (error) {
    return failure(id, codeOf(error), error instanceof Error ? error.message : String(error));
  }
}

/** By name they come in the order in which they are written, as in Kamailio, or as `name=value` to who knows names. */
function positional(params: unknown, named: boolean): readonly (string | number)[] | undefined {
  if (Array.isArray(params)) return params.every(isParam) ? params : undefined;
  if (!isRecord(params)) return undefined;
  const values: (string | number)[] = [];
  for (const [name, value] of Object.entries(params)) {
    if (!isParam(value)) return undefined;
    values.push(named ? `${name}=${value}` : value);
  }
  return values;
}

function codeOf(error: unknown): number {
  if (error instanceof RpcFault) return error.status;
  return error instanceof ViaductError ? Code.refused : Code.internal;
}

/** A result that JSON cannot hold is our mistake, and still an answer. */
function encode(answer: Answer): string {
  try {
    return JSON.stringify(answer);
  } catch (error) {
    return JSON.stringify(failure(answer.id, Code.internal, String(error)));
  }
}

const failure = (id: Id, code: number, message: string): Answer => ({ jsonrpc: '2.0', id, error: { code, message } });

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is Id => typeof value === 'string' || typeof value === 'number' || value === null;
const isParam = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';
