/** The world as Node shows it: the one that a running proxy lives in. */
import { redisStores } from '../redis.ts';
import type { Net, World } from '../world.ts';
import { nodeClock } from './clock.ts';
import { nodeFiles } from './files.ts';
import { nodeRandom } from './random.ts';
import { nodeResolver, type ResolverOptions } from './resolver.ts';
import { defaultHandshakeLimits, type HandshakeLimits, streamListener } from './listen.ts';
import { connectStream } from './stream.ts';
import { bindUdp, connectUdp, defaultUdpOptions, type UdpOptions } from './udp.ts';

export interface NodeWorldOptions {
  readonly udp?: Partial<UdpOptions>;
  readonly tls?: Partial<HandshakeLimits>;
  readonly resolver?: Partial<ResolverOptions>;
}

export function nodeWorld(options: NodeWorldOptions = {}): World {
  const clock = nodeClock();
  const files = nodeFiles();
  return {
    clock,
    random: nodeRandom(),
    net: nodeNet({ ...defaultUdpOptions, ...options.udp }, { ...defaultHandshakeLimits, ...options.tls }),
    resolver: nodeResolver(options.resolver),
    files,
    stores: redisStores(clock, files),
  };
}

const nodeNet = (udp: UdpOptions, handshakes: HandshakeLimits): Net => ({
  bindUdp: (local, on) => bindUdp(local, on, udp),
  connectUdp: (remote, local, on) => connectUdp(remote, local, on, udp),
  listen: streamListener(handshakes),
  connect: connectStream,
});
