/** A contest: one script of many scenes, run by both servers; what the peers hear in each scene is compared. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HepSink } from '../../src/testing/hep-sink.ts';
import type { Tool } from '../support/tools.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import { type Contender, type ContenderName, type ContenderOptions, startContender } from './contender.ts';
import { Stage } from './stage.ts';

export interface Scene {
  readonly title: string;
  /** Statements of the request route of this scene; `THIS` stands for its name. */
  readonly route: string;
  /** Blocks beside it: `failure_route[THIS] { ... }`. */
  readonly blocks?: string;
  /** Pseudo-variables, or text with them, that a 200 brings back at the end of the route, one header each. */
  readonly show?: readonly string[];
  /** What the peers do; unless told, alice sends an OPTIONS and waits for its answer. */
  readonly play?: (stage: Stage) => Promise<void>;
  /** Retransmissions count. */
  readonly repeats?: boolean;
  /** The order of headers and of Via parameters counts. */
  readonly exact?: boolean;
  /** Which target got which message is compared too. */
  readonly traced?: boolean | 'with ids';
}

export interface Contest {
  readonly name: string;
  /** Modules, parameters, shared routes: everything but the request route. */
  readonly prelude: string;
  /** Instead of a script made from prelude and scenes: this file, as it is. */
  readonly cfg?: string;
  readonly defines?: readonly string[];
  /** What Kamailio needs beside itself. */
  readonly tool?: Tool;
  readonly flagsOf?: ContenderOptions['flagsOf'];
  readonly scenes: readonly Scene[];
  /** HEP receivers whose ports the script knows as `PORT_<name>`. */
  readonly sinks?: readonly string[];
  /** False where the prelude listens by itself, on `MYPORT`. */
  readonly listen?: boolean;
  readonly flags?: (port: number) => readonly string[];
  /** Files beside the script, by name. `TABLES` in the prelude is the URL of text tables, `PLACE` in them the folder. */
  readonly files?: Readonly<Record<string, string>>;
}

const show = (text: string, index: number): string =>
  `  append_to_reply("X-${String(index + 1).padStart(2, '0')}: ${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}\\r\\n");`;

export const sceneId = (index: number): string => `S${String(index + 1).padStart(3, '0')}`;

function blocksOf(scene: Scene, id: string): string {
  const lines = [
    `route[${id}] {`,
    '  $var(log) = ""; $var(a) = 0; $var(b) = 0; $var(c) = 0; $var(d) = 0;',
    scene.route,
    ...(scene.show === undefined ? [] : [...scene.show.map(show), '  sl_send_reply("200", "Shown");', '  exit;']),
    '}',
    scene.blocks ?? '',
  ];
  return lines.join('\n').replaceAll('THIS', id);
}

/** The whole kamailio.cfg of a contest. */
export function scriptOf({ prelude, scenes }: Contest): string {
  return `#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
${prelude}
request_route {
  if ($fU == "fence") {
    sl_send_reply("200", "Fence");
    exit;
  }
  $var(scene) = $(ci{s.select,0,.});
  route($var(scene));
}
${scenes.map((scene, index) => blocksOf(scene, sceneId(index))).join('\n')}
`;
}

/** What a scene came to on one server, as one text: it is this text that must be the same. */
export function outcome(scene: Scene, run: Run): string {
  // Their order at a target is not compared; ids are where a scene is about them.
  const named = scene.traced === 'with ids' ? run.traces : run.traces.map((line) => line.replace(/ \[[^\]]*\]$/, ''));
  const traced = scene.traced === undefined ? [] : ['==== traces', ...named.toSorted()];
  const stopped = run.stopped === undefined ? [] : [`==== the scene stopped: ${run.stopped}`];
  return [run.transcript, ...traced, ...stopped, ''].join('\n');
}

export interface Run {
  readonly transcript: string;
  readonly traces: readonly string[];
  /** Why the peers could not play the scene to its end. */
  readonly stopped: string | undefined;
}

/** A contest under way on one server. */
export class Match {
  readonly #contest: Contest;
  readonly server: Contender;
  readonly #sinks: ReadonlyMap<string, HepSink>;

  private constructor(contest: Contest, server: Contender, sinks: ReadonlyMap<string, HepSink>) {
    this.#contest = contest;
    this.server = server;
    this.#sinks = sinks;
  }

  static async start(contest: Contest, name: ContenderName, folder: string): Promise<Match> {
    const place = join(folder, contest.name);
    mkdirSync(place, { recursive: true });
    const made = join(place, `${contest.name}.cfg`);
    if (contest.cfg === undefined) writeFileSync(made, scriptOf(contest));
    for (const [file, text] of Object.entries(contest.files ?? {})) {
      writeFileSync(join(place, file), text.replaceAll('PLACE', place));
    }
    const sinks = new Map<string, HepSink>();
    for (const sink of contest.sinks ?? []) {
      sinks.set(sink, await HepSink.start({ world: nodeWorld(), local: { address: '127.0.0.1', port: 0 } }));
    }
    const defines = (port: number): readonly string[] => [
      `MYPORT=${port}`,
      `TABLES="text://${place}"`,
      ...(contest.defines ?? []).map((define) => define.replace('PLACE', place)),
      ...[...sinks].map(([sink, { local }]) => `URI_${sink}="sip:127.0.0.1:${local.port}"`),
    ];
    const { cfg = made, listen = true, flags = () => [], flagsOf = {} } = contest;
    const server = await startContender(name, { cfg, defines, listen, flags, flagsOf, folder: place });
    return new Match(contest, server, sinks);
  }

  async run(scene: Scene): Promise<Run> {
    const id = sceneId(this.#contest.scenes.indexOf(scene));
    const stage = await Stage.open(id, this.server, this.#sinks);
    try {
      const stopped = await (scene.play ?? ask)(stage).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      await stage.settle();
      if (scene.traced !== undefined) await stage.settleTraces();
      return { transcript: stage.transcript(scene), traces: stage.traces(), stopped };
    } finally {
      stage.close();
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    for (const sink of this.#sinks.values()) sink.close();
  }
}

/** What a scene does unless told: one request to the server, one answer. */
async function ask(stage: Stage): Promise<void> {
  stage.request('OPTIONS', stage.own());
  await stage.alice.until(() => stage.alice.receivedStatus().some(({ status }) => status >= 200), 3_000);
}
