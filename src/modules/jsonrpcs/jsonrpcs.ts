/** jsonrpcs: commands called by a script, and answered from `event_route[xhttp:request]`. JSON-RPC 2.0 as everywhere. */
import type { HttpAnswer } from '../../engine/http.ts';
import { answerRpc } from '../../engine/json-rpc.ts';
import type { PvValue } from '../../engine/module.ts';
import { defineModule } from '../../engine/module.ts';
import { int, str } from '../../engine/spec.ts';
import type {} from '../xhttp/api.ts';

const anywhere = ['request', 'branch', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;
const unused = (what: string) => ({ doc: `Accepted: ${what}` });
const OWNER = 'it belongs to who runs the proxy.';
const NO_DATAGRAMS = 'Node has no unix datagram sockets. `fifo_name`, `--ctl` and HTTP take its place.';

export const jsonrpcs = defineModule(
  {
    name: 'jsonrpcs',
    doc: 'JSON-RPC for scripts. The HTTP port and the control socket need no module.',
    params: {
      pretty_format: int({ default: 0, min: 0, max: 1, doc: '1: answers are indented by tabs.' }),
      transport: int({
        default: 0,
        min: 0,
        doc: 'Whether there is a FIFO: 0, or a sum with 2 in it. HTTP is switched by `--http`.',
      }),
      fifo_name: str({
        doc: 'FIFO that `viaduct run` takes calls from, as kamctl writes them. A relative name is in the folder of `-Y`, else in /run/kamailio.',
      }),
      fifo_mode: int({ default: 0o660, min: 0, max: 0o777, doc: 'Its permissions, as in chmod(2).' }),
      fifo_reply_dir: str({ default: '/tmp', doc: 'Folder of the FIFOs that answers are written to.' }),
      fifo_user: str(unused(OWNER)),
      fifo_group: str(unused(OWNER)),
      dgram_socket: str(unused(NO_DATAGRAMS)),
      dgram_workers: int(unused(NO_DATAGRAMS)),
      dgram_timeout: int(unused(NO_DATAGRAMS)),
      dgram_mode: int(unused(NO_DATAGRAMS)),
      dgram_user: str(unused(NO_DATAGRAMS)),
      dgram_group: str(unused(NO_DATAGRAMS)),
    },
    rpc: { 'jsonrpc.echo': { doc: 'The parameters, as texts.' } },
    functions: {
      dispatch: {
        cfg: ['jsonrpc_dispatch'],
        routes: ['event'],
        args: [],
        returns: { dispatched: 1, notHttp: -1 },
        doc: 'Performs the calls in the body of the HTTP request, and answers it. Needs the module xhttp.',
      },
      exec: {
        cfg: ['jsonrpc_exec'],
        routes: anywhere,
        args: [str({ doc: 'A call as JSON: `{"jsonrpc":"2.0","method":"core.uptime","id":1}`.' })],
        async: true,
        returns: { done: 1 },
        doc: 'Performs a call. What came of it is in `$jsonrpl(body)`, also when it was refused.',
      },
    },
    pvs: {
      jsonrpl: {
        type: 'any',
        inner: 'required',
        doc: 'Of the last jsonrpc_exec: `body` is the answer, `code` 200 or 500, `text` the reason phrase.',
      },
    },
  },
  (host) => {
    const { params, engine, log } = host;
    const slot = host.slot<string>('answer');
    const perform = async (call: string): Promise<string> => {
      const answer = (await answerRpc(call, engine.commands)) ?? '';
      return params.pretty_format === 0 || answer === '' ? answer : JSON.stringify(JSON.parse(answer), undefined, '\t');
    };
    return {
      functions: {
        dispatch(ctx) {
          const web = host.find('xhttp');
          const answered = web?.answer(ctx, perform(textOf(ctx.message.body)).then(overHttp)) ?? false;
          return answered ? 'dispatched' : 'notHttp';
        },
        exec: ({ exchange }, call) =>
          perform(textOf(call)).then((answer) => {
            slot.put(exchange, answer);
            return 'done' as const;
          }),
      },
      rpc: { 'jsonrpc.echo': (given) => given.map(String) },
      pvs: { jsonrpl: { read: ({ exchange }, { inner }) => shown(slot.of(exchange), inner) } },
      async start() {
        if (params.dgram_socket === undefined) return;
        log.write('warn', `dgram_socket ${params.dgram_socket} is not opened: ${NO_DATAGRAMS}`);
      },
    };
  },
);

/** Scripts hold bytes as latin1. */
const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

const overHttp = (body: string): HttpAnswer =>
  body === '' ? { status: 204, type: 'application/json', body } : { status: 200, type: 'application/json', body };

function shown(body: string | undefined, inner: string): PvValue {
  if (body === undefined) return null;
  const failed = isRefusal(body);
  switch (inner) {
    case 'body':
      return Buffer.from(body, 'utf8').toString('latin1');
    case 'code':
      return failed ? 500 : 200;
    case 'text':
      return failed ? 'Internal Server Error' : 'OK';
  }
  return null;
}

/** A batch is answered call by call: it is no refusal itself. */
function isRefusal(body: string): boolean {
  const answer: unknown = body === '' ? null : JSON.parse(body);
  return typeof answer === 'object' && answer !== null && 'error' in answer;
}
