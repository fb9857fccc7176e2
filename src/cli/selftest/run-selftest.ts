/** The self test from beginning to end: who is there, what is played, what is made of it. Everything it opens it closes. */
import { after } from '../../util/time.ts';
import type { Endpoint, World } from '../../world/world.ts';
import { DependencyError } from '../exit-code.ts';
import { Agent } from './agent.ts';
import { type Callee, startCallee } from './callee.ts';
import type { Course } from './caller.ts';
import { compare, type Row } from './comparison.ts';
import { intoProxy, throughProxy } from './course.ts';
import { type Expectation, standardExpectation, standardScript } from './expectation.ts';
import { OwnProxy } from './own-proxy.ts';
import { untilQuiet } from './patience.ts';
import type { Report } from './report.ts';
import { type Ending, playAll, scenarioNames } from './scenarios.ts';
import { show, type WireMessage } from './wire-view.ts';

/** A proxy that answers nothing is given up then. */
export const TOTAL_MS = 15_000;
/** Nothing new for so long means that nothing more comes. */
const QUIET_MS = 80;
const SETTLE_MS = 1_000;

interface Company {
  /** What the agents sent and received. */
  readonly wire: readonly WireMessage[];
  readonly caller: Agent;
  readonly callee: Callee;
}

export interface RoutesTest {
  readonly world: World;
  readonly file: string;
  /** Absent for the sample `per-route-targets`, whose messages are known. */
  readonly expectation?: Expectation | undefined;
}

/** Plays through a proxy of its own with these routes, and looks at each target. */
export async function testRoutes({ world, file, expectation }: RoutesTest): Promise<Report> {
  return inCompany(world, undefined, async (company) => {
    const proxy = await OwnProxy.start({ world, file, nextHop: company.callee.agent.local });
    try {
      const { endings, remarks } = await play(world, company, intoProxy(proxy.local));
      const activity = (): number => company.wire.length + proxy.frameCount;
      await untilQuiet(world.clock, activity, QUIET_MS, SETTLE_MS);
      await proxy.stop();
      await untilQuiet(world.clock, activity, QUIET_MS, SETTLE_MS);
      const traced = proxy.traced();
      const rows = compare({
        endings,
        names: namesOf(company, proxy.local),
        wire: wireOf(company, proxy.local),
        frames: traced.frames,
        expectation: expectation ?? standardExpectation,
        script: expectation === undefined ? standardScript : undefined,
      });
      return { endings, rows, remarks: [...remarks, ...traced.remarks] };
    } finally {
      await proxy.stop();
      proxy.closeTargets();
    }
  });
}

export interface ThroughTest {
  readonly world: World;
  readonly proxy: Endpoint;
  /** Where the callee listens; a free port when absent. */
  readonly callee?: Endpoint | undefined;
}

/** Plays through a proxy that runs already: its targets are its own, so the endings are all there is to see. */
export async function testThrough({ world, proxy, callee }: ThroughTest): Promise<Report> {
  return inCompany(world, callee, async (company) => {
    const course = throughProxy(proxy, company.callee.agent.local);
    const isThere = (): boolean => company.wire.some(({ source }) => source === show(proxy));
    const { endings, remarks } = await play(world, company, course, isThere);
    if (!isThere()) {
      throw new DependencyError(
        `nothing answers at udp ${show(proxy)}. Start a proxy there, as in: viaduct run -l udp:${show(proxy)}`,
      );
    }
    return { endings, rows: noRows, remarks };
  });
}

const noRows: readonly Row[] = [];

async function inCompany<T>(
  world: World,
  calleeAt: Endpoint | undefined,
  fn: (company: Company) => Promise<T>,
): Promise<T> {
  const wire: WireMessage[] = [];
  const callee = await startCallee(world, wire, calleeAt);
  try {
    const caller = await Agent.start({
      world,
      user: 'alice',
      wire,
      onRequest: (request, self) => self.reply(request, 200, 'OK'),
    });
    try {
      return await fn({ wire, caller, callee });
    } finally {
      caller.close();
    }
  } finally {
    callee.agent.close();
  }
}

interface Played {
  readonly endings: readonly Ending[];
  readonly remarks: readonly string[];
}

/** Until all scenarios have ended, the time is over, or one has ended and there is no sense in going on. */
async function play(
  { clock }: World,
  { caller, callee }: Company,
  course: Course,
  goOn: () => boolean = () => true,
): Promise<Played> {
  const endings: Ending[] = [];
  let cancel = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.wake(after(clock.now(), TOTAL_MS), () => resolve('late'));
  });
  const all = playAll({ caller, callee, course }, (ending) => {
    endings.push(ending);
    return goOn();
  });
  const outcome = await Promise.race([all, late]);
  cancel();
  const remarks = [caller, callee.agent].flatMap(({ user, complaints }) =>
    complaints.map((text) => `${user}: ${text}`),
  );
  if (outcome === 'late') {
    const missing = scenarioNames.filter((name) => !endings.some(({ scenario }) => scenario === name));
    remarks.push(`stopped after ${TOTAL_MS / 1000} s; not ended: ${missing.join(', ')}`);
  }
  return { endings, remarks };
}

const namesOf = ({ caller, callee }: Company, proxy: Endpoint): ReadonlyMap<string, string> =>
  new Map([
    [show(caller.local), caller.user],
    [show(callee.agent.local), callee.agent.user],
    [show(proxy), 'proxy'],
  ]);

/** What the agents exchanged with this proxy; what they said to each other is not its to trace. */
const wireOf = ({ wire }: Company, proxy: Endpoint): readonly WireMessage[] =>
  wire.filter(({ source, destination }) => source === show(proxy) || destination === show(proxy));
