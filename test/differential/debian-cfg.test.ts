/** Debian's /etc/kamailio/kamailio.cfg, not a byte changed, plain and with its switches: viaduct does with it what Kamailio does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool } from '../support/tools.ts';
import { Match, outcome } from './contest.ts';
import { debian } from './scenes/debian.ts';

describe.skipIf(!hasTool('kamailio'))('the kamailio.cfg of Debian', () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-debian-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const playable = debian.filter(({ tool }) => tool === undefined || hasTool(tool));
  describe.each(playable.map((contest) => [contest.name, contest] as const))('%s:', (_, contest) => {
    const matches: Match[] = [];
    beforeAll(async () => {
      for (const name of ['kamailio', 'viaduct'] as const) matches.push(await Match.start(contest, name, folder));
    });
    afterAll(() => Promise.all(matches.splice(0).map((match) => match.stop())));

    it.each(contest.scenes.map((scene) => [scene.title, scene] as const))('%s', async (__, scene) => {
      const [kamailio = '', viaduct] = await Promise.all(
        matches.map(async (match) => outcome(scene, await match.run(scene))),
      );
      expect(kamailio).not.toContain('==== the scene stopped');
      expect(viaduct).toBe(kamailio);
    });
  });
});
