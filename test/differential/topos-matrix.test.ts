/**
 * The matrix of a report that was closed without a fix (Kamailio issue 4157): a switch, two proxies that hide topology,
 * a phone; Redis of their own, shared or none; msg-outgoing drops what goes to the other proxy nowhere, at A, at B or at
 * both. Every hold, every ACK and every BYE has to arrive, with viaduct in both places and beside the real Kamailio.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedUa } from '../../src/testing/user-agent.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import { freePorts } from '../support/free-port.ts';
import { RedisServer } from '../support/redis-server.ts';
import { type FlowId, flows } from './topos/flows.ts';
import { type Maker, type ProxyNode, startNode } from './topos/proxy-node.ts';
import { breaches, leaks } from './topos/wire-rules.ts';

type Stores = 'own' | 'shared' | 'none';
type Drop = 'nowhere' | 'A' | 'B' | 'both';

interface Row {
  readonly a: Maker;
  readonly b: Maker;
  readonly stores: Stores;
  readonly drop: Drop;
}

const drops: readonly Drop[] = ['nowhere', 'A', 'B', 'both'];
const rows = (a: Maker, b: Maker): readonly Row[] =>
  (['own', 'shared', 'none'] as const).flatMap((stores) => drops.map((drop) => ({ a, b, stores, drop })));

class Scene {
  readonly nodes: Readonly<Record<'a' | 'b', ProxyNode>>;
  readonly ports: Readonly<Record<'a' | 'b', number>>;
  readonly fs: ScriptedUa;
  readonly uac: ScriptedUa;
  readonly #redises: readonly RedisServer[];

  private constructor(parts: Pick<Scene, 'nodes' | 'ports' | 'fs' | 'uac'>, redises: readonly RedisServer[]) {
    this.nodes = parts.nodes;
    this.ports = parts.ports;
    this.fs = parts.fs;
    this.uac = parts.uac;
    this.#redises = redises;
  }

  static async open(row: Row): Promise<Scene> {
    const redises: RedisServer[] = [];
    try {
      return await Scene.#set(row, redises);
    } catch (error) {
      await Promise.all(redises.map((redis) => redis.end()));
      throw error;
    }
  }

  static async #set({ a, b, stores, drop }: Row, redises: RedisServer[]): Promise<Scene> {
    const [portA = 0, portB = 0, portFs = 0, portUac = 0] = await freePorts(4);
    const count = stores === 'shared' ? 1 : 2;
    for (let started = 0; started < count; started++) redises.push(await RedisServer.start());
    // Kamailio cannot do without.
    const storeOf = (maker: Maker, redis: RedisServer | undefined) =>
      stores === 'none' && maker === 'viaduct' ? undefined : redis;
    const ends = { portA, portB, portFs, portUac };
    const nodes = {
      a: await startNode(a, {
        port: ends.portA,
        peer: ends.portB,
        agent: ends.portFs,
        drops: drop === 'A' || drop === 'both',
        redis: storeOf(a, redises[0]),
      }),
      b: await startNode(b, {
        port: ends.portB,
        peer: ends.portA,
        agent: ends.portUac,
        drops: drop === 'B' || drop === 'both',
        redis: storeOf(b, redises.at(-1)),
      }),
    };
    const agent = (user: string, port: number, proxy: number) =>
      ScriptedUa.start({
        world: nodeWorld(),
        local: { address: '127.0.0.1', port },
        user,
        proxy: { address: '127.0.0.1', port: proxy },
      });
    const agents = { fs: await agent('fs', portFs, portA), uac: await agent('uac', portUac, portB) };
    return new Scene({ nodes, ports: { a: portA, b: portB }, ...agents }, redises);
  }

  async killRedisOfA(): Promise<void> {
    await this.#redises[0]?.kill();
  }

  async reviveRedis(): Promise<void> {
    const [first] = this.#redises;
    if (first !== undefined && !first.isRunning) await first.restart();
  }

  async close(): Promise<void> {
    this.fs.close();
    this.uac.close();
    await Promise.all([this.nodes.a.stop(), this.nodes.b.stop(), ...this.#redises.map((redis) => redis.end())]);
  }
}

type Fate = 'arrives' | 'lost by Kamailio' | 'depends';

/**
 * With viaduct in both places everything arrives. A real Kamailio in the way sends the 200 without Contact, or the one
 * after its Redis has died, without any Via; unless a drop of its own keeps it from touching the call.
 */
function fateOf({ a, b, drop, stores }: Row, flow: FlowId): Fate {
  const isDroppedAtA = drop === 'A' || drop === 'both';
  if (a === 'kamailio' && (flow === 'T5' || flow === 'T6')) return isDroppedAtA ? 'arrives' : 'lost by Kamailio';
  if (b === 'kamailio' && flow === 'T6') return isDroppedAtA ? 'lost by Kamailio' : 'arrives';
  return b === 'kamailio' && flow === 'T5' && stores === 'shared' ? 'depends' : 'arrives';
}

/** What kills a Redis comes last: Kamailio needs its time to find it again. */
const played = (['fs', 'uac'] as const)
  .flatMap((ender) => flows(ender).map((flow) => ({ flow, ender })))
  .toSorted((one, other) => Number(one.flow.id === 'T5') - Number(other.flow.id === 'T5'));

function plays(row: Row): void {
  describe(`behaviour 19: A ${row.a}, B ${row.b}, Redis ${row.stores}, drop ${row.drop}`, () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await Scene.open(row);
    });
    afterAll(() => scene.close());
    for (const { flow, ender } of played) {
      it(`${flow.id} ${flow.name}; ${ender} hangs up`, async () => {
        const { fs, uac, ports, nodes } = scene;
        const proxyOf = (agent: ScriptedUa) => ({ address: '127.0.0.1', port: agent === fs ? ports.a : ports.b });
        const fate = fateOf(row, flow.id);
        await scene.reviveRedis();
        const ends = {
          fs,
          uac,
          proxyOf,
          killRedis: () => scene.killRedisOfA(),
          hearMs: fate === 'arrives' ? 3_000 : 400,
        };
        const playing = flow.play(ends, `${flow.id}-${ender}@matrix`);
        if (fate === 'arrives') await playing;
        else if (fate === 'lost by Kamailio') await expect(playing).rejects.toThrow('not heard');
        else await playing.catch(() => undefined);
        expect(breaches(nodes.a.wire, ports.a)).toEqual([]);
        expect(breaches(nodes.b.wire, ports.b)).toEqual([]);
        expect(leaks(nodes.a.wire, fs.local.port, [ports.a, fs.local.port])).toEqual([]);
        expect(leaks(nodes.b.wire, uac.local.port, [ports.b, uac.local.port])).toEqual([]);
      });
    }
  });
}

for (const row of rows('viaduct', 'viaduct')) plays(row);
for (const row of rows('viaduct', 'kamailio')) plays(row);
for (const row of rows('kamailio', 'viaduct')) plays(row);
