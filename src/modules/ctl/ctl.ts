/** ctl: accepted for Kamailio scripts. Its protocol, binrpc, is not spoken here; the control socket takes its place. */
import { defineModule } from '../../engine/module.ts';
import { int, list, str } from '../../engine/spec.ts';

const address = (what: string) => list({ default: [], doc: `Accepted: ${what} are not opened. See \`--ctl\`.` });
const accepted = (doc: string) => int({ default: 0, doc: `Accepted: ${doc}` });

export const ctl = defineModule(
  {
    name: 'ctl',
    doc: 'Accepted for Kamailio scripts: RPC is reached over HTTP and over the socket that `--ctl` names.',
    params: {
      binrpc: address('binrpc sockets'),
      fifo: address('FIFOs'),
      mode: accepted('the control socket has mode 0600.'),
      user: str({ doc: 'Accepted: the control socket belongs to who runs the proxy.' }),
      group: str({ doc: 'Accepted: the same.' }),
      autoconversion: accepted('JSON has types.'),
      binrpc_max_body_size: accepted('it is about binrpc.'),
      binrpc_struct_max_body_size: accepted('it is about binrpc.'),
      binrpc_buffer_size: accepted('it is about binrpc.'),
    },
    rpc: { 'ctl.listen': { doc: 'Sockets that binrpc is spoken on: none.' } },
  },
  ({ params, log }) => ({
    functions: {},
    rpc: { 'ctl.listen': () => [] },
    async start() {
      if (params.binrpc.length + params.fifo.length === 0) return;
      log.write('notice', 'binrpc is not spoken: call commands with `viaduct rpc`, over HTTP or --ctl');
    },
  }),
);
