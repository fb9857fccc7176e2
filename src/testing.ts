/** `viaduct/testing`: the simulator, so that routes are tested without sockets and without waiting. */
export type { LinkQuality } from './testing/sim-links.ts';
export type { SimNet } from './testing/sim-net.ts';
export { seedFrom } from './testing/sim-random.ts';
export type { SimResolver } from './testing/sim-resolver.ts';
export { Simulator, type SimulatorOptions } from './testing/simulator.ts';
export { simulateProxy } from './testing/simulate-proxy.ts';
export { HepSink, type HepSinkOptions, type SunkFrame } from './testing/hep-sink.ts';
export type { PeerTransport } from './testing/peer-port.ts';
export type { UaHeard } from './testing/ua-inbox.ts';
export {
  ScriptedUa,
  type UaHandler,
  type UaOptions,
  type UaReplyOptions,
  type UaRequestOptions,
} from './testing/user-agent.ts';
export { type WireEntry, type WireLog } from './testing/wire-log.ts';
