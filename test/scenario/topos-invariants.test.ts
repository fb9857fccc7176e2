/** The invariants of topology hiding, each with faults at every step: random calls, a bad network, throwing routes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplyContext, RequestContext, Routes } from '../../src/engine/context.ts';
import { H } from '../../src/sip/header-names.ts';
import type { SipMessage } from '../../src/sip/message.ts';
import { Chaos, expectHidden, expectSteadyContacts, expectVias, network, type Step, steps } from './topos-chaos.ts';
import { type ToposModules, toposStage, type ToposStageOptions } from './topos-stage.ts';

const RUNS = 10;

interface Net {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
}

async function played(all: readonly Step[], net: Net, options: ToposStageOptions = {}) {
  const scene = await toposStage({
    routes: usual,
    ...options,
    topos: { redirect_contacts: 'drop', branch_expire: 100_000 },
  });
  scene.sim.net.setLink(net);
  await new Chaos(scene).play(all);
  expect(scene.proxy.counters.routeErrors).toBe(0);
  expect(scene.proxy.program.modules.find(({ decl }) => decl.name === 'tm')?.stats['replies_without_via']?.value).toBe(
    0,
  );
  return scene;
}

/** As a careful script: what is for ourselves and no dialog knows ends here. */
const routing =
  (send: (modules: ToposModules, ctx: RequestContext) => unknown): NonNullable<ToposStageOptions['routes']> =>
  (modules) => ({
    request(ctx) {
      const { message } = ctx;
      if (message.toTag !== undefined) modules.rr.looseRoute(ctx);
      if (message.parsedUri?.kind === 'sip' && message.parsedUri.host === '10.0.0.1') {
        modules.sl.reply(ctx, 404);
        return;
      }
      modules.rr.recordRoute(ctx);
      send(modules, ctx);
    },
  });
const usual = routing(({ tm }, ctx) => tm.relay(ctx));

describe('whatever two sides say over a bad network (behaviour 16)', () => {
  it('every reply has the Vias of its request and no more, and nobody sees the other side (I1, I2, I3, I5)', async () => {
    await fc.assert(
      fc.asyncProperty(steps, network, async (all, net) => {
        const { sim } = await played(all, net);
        expectVias(sim);
        expectHidden(sim);
        expectSteadyContacts(sim);
      }),
      { numRuns: RUNS },
    );
  });
});

const NAMES = ['topos:msg-outgoing', 'topos:msg-sending', 'topos:msg-incoming', 'topos:msg-receiving'] as const;

/** Each event route drops or throws as the list says, one decision a call of it. */
function deciding(
  decisions: readonly number[],
  names: readonly (typeof NAMES)[number][],
): NonNullable<Routes['event']> {
  let at = 0;
  const route = (ctx: RequestContext | ReplyContext): 'drop' | undefined => {
    const decision = decisions[at++ % decisions.length] ?? 0;
    if (decision === 2) throw new Error('a mistake');
    return decision === 1 ? ctx.drop() : undefined;
  };
  return Object.fromEntries(names.map((name) => [name, route]));
}

const decisions = fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 1, maxLength: 12 });

describe('whatever event routes decide', () => {
  it('replies have their Vias, and a key that was shown stays the same (I4, I6, I7)', async () => {
    await fc.assert(
      fc.asyncProperty(steps, network, decisions, fc.subarray([...NAMES]), async (all, net, decided, names) => {
        const { sim } = await played(all, net, { events: deciding(decided, names) });
        expectVias(sim);
        expectSteadyContacts(sim);
      }),
      { numRuns: RUNS },
    );
  });

  it('routes that throw hide as if there were none (I6)', async () => {
    await fc.assert(
      fc.asyncProperty(steps, network, async (all, net) => {
        const { sim } = await played(all, net, { events: deciding([2], NAMES) });
        expectVias(sim);
        expectHidden(sim);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Headers that a script should leave alone. */
const EDITS: readonly ((message: SipMessage) => void)[] = [
  () => undefined,
  ({ headers }) => void headers.remove(H.Via),
  ({ headers }) => headers.removeFirstValue(H.Via),
  ({ headers }) => void headers.remove(H.RecordRoute),
  ({ headers }) => headers.prepend(H.RecordRoute, '<broken'),
  ({ headers }) => headers.set(H.Contact, '*'),
  ({ headers }) => void headers.remove(H.Contact),
];

describe('whatever a script does to headers', () => {
  it('replies have their Vias, and nobody sees the other side (I1, I3)', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        network,
        fc.array(fc.nat(EDITS.length - 1), { minLength: 1 }),
        async (all, net, edits) => {
          let at = 0;
          const edit = (message: SipMessage): void => EDITS[edits[at++ % edits.length] ?? 0]?.(message);
          const { sim } = await played(all, net, {
            routes: (modules) => ({
              request(ctx) {
                edit(ctx.message);
                return usual(modules).request?.(ctx);
              },
              reply: ({ message }) => edit(message),
            }),
          });
          expectVias(sim);
          expectHidden(sim);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('requests without a transaction are hidden as well (I1, I4)', async () => {
    await fc.assert(
      fc.asyncProperty(steps, network, async (all, net) => {
        const { sim } = await played(all, net, { routes: routing(({ core }, ctx) => core.forward(ctx)) });
        expectVias(sim);
        expectHidden(sim);
      }),
      { numRuns: RUNS },
    );
  });
});
