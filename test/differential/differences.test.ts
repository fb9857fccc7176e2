/** The list of deliberate differences is true: each shows, on both servers, as it is written. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool, requireTool } from '../support/tools.ts';
import { type Contest, Match, outcome } from './contest.ts';
import { differences, loadingDifferences, prelude } from './differences.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const scenes = differences.map(({ name, scene }) => ({ title: name, ...scene }));
const contest: Contest = { name: 'differences', prelude, sinks: ['X'], scenes };

describe.skipIf(!hasTool('kamailio'))('deliberately, unlike in Kamailio,', () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-differences-'));
  const matches: Match[] = [];
  beforeAll(async () => {
    for (const name of ['kamailio', 'viaduct'] as const) matches.push(await Match.start(contest, name, folder));
  });
  afterAll(async () => {
    await Promise.all(matches.splice(0).map((match) => match.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(differences.map((difference, index) => [difference.name, difference, index] as const))(
    '%s',
    async (_, { kamailio, viaduct }, index) => {
      const scene = scenes[index];
      if (scene === undefined) throw new Error('no such scene');
      const [theirs = [], ours = []] = await Promise.all(
        matches.map(async (match) => outcome(scene, await match.run(scene)).split('\n')),
      );
      expect([...theirs, ...ours].filter((line) => line.includes('the scene stopped'))).toEqual([]);
      expect(ours).not.toEqual(theirs);
      expect(kamailio.filter((line) => !theirs.includes(line))).toEqual([]);
      expect(kamailio.filter((line) => ours.includes(line))).toEqual([]);
      expect(viaduct.filter((line) => !ours.includes(line))).toEqual([]);
      expect(viaduct.filter((line) => theirs.includes(line))).toEqual([]);
    },
  );

  it.each(loadingDifferences.map((difference) => [difference.name, difference] as const))(
    '%s',
    (_, { cfg, accepts, says = /./ }) => {
      const file = join(folder, 'loading.cfg');
      writeFileSync(file, cfg);
      const limits = { encoding: 'utf8', timeout: 15_000 } as const;
      const theirs = spawnSync(requireTool('kamailio'), ['-c', '-f', file, '-m', '64', '-M', '8'], limits);
      const ours = spawnSync(process.execPath, [main, 'check', file], limits);
      expect({ kamailio: theirs.status === 0, viaduct: ours.status === 0 }).toEqual({
        kamailio: accepts === 'kamailio',
        viaduct: accepts === 'viaduct',
      });
      if (accepts === 'kamailio') expect(ours.stdout + ours.stderr).toMatch(says);
    },
  );

  it('an expression in every parameter is refused with the switch, as in Kamailio', () => {
    const switchable = loadingDifferences.flatMap(({ cfg, restoredBy }) =>
      restoredBy === undefined ? [] : [{ cfg, restoredBy }],
    );
    expect(switchable.length).toBeGreaterThan(0);
    for (const { cfg, restoredBy } of switchable) {
      const file = join(folder, 'restored.cfg');
      writeFileSync(file, cfg.replace('request_route', `${restoredBy}\nrequest_route`));
      const ours = spawnSync(process.execPath, [main, 'check', file], { encoding: 'utf8', timeout: 15_000 });
      expect(ours.stderr).toMatch(/Kamailio wants a constant/);
    }
  });

  it('each has a name of its own and a reason', () => {
    const all = [...differences, ...loadingDifferences];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.filter(({ reason }) => !/^[A-Z].*\.$/s.test(reason))).toEqual([]);
  });
});

describe.skipIf(!hasTool('kamailio'))('with the switch that restores its way, as Kamailio,', () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-ways-'));
  const restored = differences.flatMap(({ name, scene, restoredBy }) =>
    restoredBy === undefined ? [] : [{ title: name, ...scene, restoredBy }],
  );
  const lines = [...new Set(restored.map(({ restoredBy }) => restoredBy))];
  const ways: Contest = { name: 'ways', prelude: `${lines.join('\n')}\n${prelude}`, sinks: ['X'], scenes: restored };
  const matches: Match[] = [];
  beforeAll(async () => {
    for (const name of ['kamailio', 'viaduct'] as const) matches.push(await Match.start(ways, name, folder));
  });
  afterAll(async () => {
    await Promise.all(matches.splice(0).map((match) => match.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(restored.map((scene) => [scene.title, scene] as const))('%s does not hold', async (_, scene) => {
    const [kamailio = '', viaduct] = await Promise.all(
      matches.map(async (match) => outcome(scene, await match.run(scene))),
    );
    expect(kamailio).not.toContain('==== the scene stopped');
    expect(viaduct).toBe(kamailio);
  });

  it('there are five of them', () => {
    expect(lines).toHaveLength(5);
  });
});
