/** JSON-RPC 2.0, with the examples of its specification. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RpcHandler } from '../../src/engine/command.ts';
import { answerRpc, MAX_BATCH } from '../../src/engine/json-rpc.ts';
import { RpcFault } from '../../src/engine/rpc-fault.ts';
import { ViaductError } from '../../src/errors.ts';

const endless: { self?: unknown } = {};
endless.self = endless;
const handlers: Readonly<Record<string, RpcHandler>> = {
  subtract: ([a, b]) => Number(a) - Number(b),
  later: () => Promise.resolve('done'),
  nothing: () => undefined,
  endless: () => endless,
  refuses: () => {
    throw new ViaductError('PARAM_VALUE', 'no such target');
  },
  faults: () => {
    throw new RpcFault(404, 'AOR not found');
  },
  names: (params) => params,
  breaks: () => {
    throw new TypeError('a bug');
  },
};
const table = {
  find(name: string) {
    const run = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    return run && { run, ...(name === 'names' && { named: true as const }) };
  },
};

async function answer(request: unknown): Promise<unknown> {
  const text = await answerRpc(typeof request === 'string' ? request : JSON.stringify(request), table);
  return text === undefined ? undefined : JSON.parse(text);
}
const call = (method: string, params?: unknown, id: unknown = 1) => ({ jsonrpc: '2.0', method, params, id });
const error = (code: number, message: string, id: unknown = 1) => ({ jsonrpc: '2.0', id, error: { code, message } });

describe('a call', () => {
  it.each([
    [call('subtract', [42, 23]), { jsonrpc: '2.0', id: 1, result: 19 }],
    [call('later', [], 'a'), { jsonrpc: '2.0', id: 'a', result: 'done' }],
    [call('nothing'), { jsonrpc: '2.0', id: 1, result: null }],
    [call('foobar'), error(-32601, 'there is no command foobar')],
    [call('toString'), error(-32601, 'there is no command toString')],
    [call('subtract', { minuend: 42, subtrahend: 23 }), { jsonrpc: '2.0', id: 1, result: 19 }],
    [call('names', { ttl: 60, uri: 'sip:a' }), { jsonrpc: '2.0', id: 1, result: ['ttl=60', 'uri=sip:a'] }],
    [call('names', ['ttl', 60]), { jsonrpc: '2.0', id: 1, result: ['ttl', 60] }],
    [call('subtract', { a: [1] }), error(-32602, 'params must be strings and numbers, in an array or by name')],
    [call('subtract', [[1]]), error(-32602, 'params must be strings and numbers, in an array or by name')],
    [call('subtract', 'x'), error(-32602, 'params must be strings and numbers, in an array or by name')],
    [call('faults'), error(404, 'AOR not found')],
    [call('refuses'), error(-32000, 'no such target')],
    [call('breaks'), error(-32603, 'a bug')],
    ['{"jsonrpc": "2.0", "method": "foobar, "params"', error(-32700, 'this is not JSON', null)],
    [{ jsonrpc: '2.0', method: 1, id: 5 }, error(-32600, 'jsonrpc must be "2.0", method a string', 5)],
    [{ method: 'subtract', id: 5 }, error(-32600, 'jsonrpc must be "2.0", method a string', 5)],
    [{ ...call('subtract'), id: {} }, error(-32600, 'jsonrpc must be "2.0", method a string', null)],
    [1, error(-32600, 'a call is an object', null)],
  ])('%j is answered by %j', async (request, expected) => {
    expect(await answer(request)).toEqual(expected);
  });

  it('without an id is performed and not answered', async () => {
    expect(await answer({ jsonrpc: '2.0', method: 'subtract', params: [1, 2] })).toBeUndefined();
    expect(await answer({ jsonrpc: '2.0', method: 'foobar' })).toBeUndefined();
  });

  it('whose result JSON cannot hold is answered by an error', async () => {
    expect(await answer(call('endless'))).toMatchObject({ id: 1, error: { code: -32603 } });
  });
});

describe('a batch', () => {
  it('is answered call by call, without its notifications', async () => {
    const batch = [call('subtract', [3, 1]), { jsonrpc: '2.0', method: 'later' }, 1, call('foobar', [], 9)];
    expect(await answer(batch)).toEqual([
      { jsonrpc: '2.0', id: 1, result: 2 },
      error(-32600, 'a call is an object', null),
      error(-32601, 'there is no command foobar', 9),
    ]);
  });

  it('of notifications alone is not answered', async () => {
    expect(await answer([{ jsonrpc: '2.0', method: 'later' }])).toBeUndefined();
  });

  it('must not be empty', async () => {
    expect(await answer([])).toEqual(error(-32600, 'an empty batch', null));
  });

  it(`holds at most ${MAX_BATCH} calls`, async () => {
    expect(await answer(Array.from({ length: MAX_BATCH }, () => call('nothing')))).toHaveLength(MAX_BATCH);
    expect(await answer(Array.from({ length: MAX_BATCH + 1 }, () => call('nothing')))).toEqual(
      error(-32600, `more than ${MAX_BATCH} calls`, null),
    );
  });
});

it('never rejects, whatever arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
      await answerRpc(text, table);
    }),
  );
});
