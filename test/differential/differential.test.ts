/** The same kamailio.cfg and the same SIP in: every peer must hear the same from Kamailio 5.6.3 and from viaduct. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool } from '../support/tools.ts';
import { type Contest, Match, outcome } from './contest.ts';
import { access } from './scenes/access.ts';
import { calls } from './scenes/calls.ts';
import { dialogs } from './scenes/dialogs.ts';
import { functions } from './scenes/functions.ts';
import { identities } from './scenes/identities.ts';
import { language } from './scenes/language.ts';
import { lesserVariables } from './scenes/lesser-variables.ts';
import { named } from './scenes/named.ts';
import { ownRequests } from './scenes/own-requests.ts';
import { replicating } from './scenes/replicating.ts';
import { resuming } from './scenes/resuming.ts';
import { tracing } from './scenes/tracing.ts';
import { variables } from './scenes/variables.ts';

const contests: readonly Contest[] = [
  language,
  variables,
  lesserVariables,
  functions,
  calls,
  dialogs,
  access,
  identities,
  resuming,
  replicating,
  ownRequests,
  tracing,
  named,
];

describe.skipIf(!hasTool('kamailio'))('Kamailio and viaduct', () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-differential-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each(contests.map((contest) => [contest.name, contest] as const))('do the same with %s:', (_, contest) => {
    const matches: Match[] = [];
    beforeAll(async () => {
      for (const name of ['kamailio', 'viaduct'] as const) matches.push(await Match.start(contest, name, folder));
    });
    afterAll(() => Promise.all(matches.splice(0).map((match) => match.stop())));

    // Both play on real clocks, and while others want the processors one of Kamailio's processes may be late: once more, then.
    it.each(contest.scenes.map((scene) => [scene.title, scene] as const))('%s', { retry: 1 }, async (__, scene) => {
      const [kamailio = '', viaduct] = await Promise.all(
        matches.map(async (match) => outcome(scene, await match.run(scene))),
      );
      // A scene that Kamailio does not play to its end would compare nothing.
      expect(kamailio).not.toContain('==== the scene stopped');
      expect(viaduct).toBe(kamailio);
    });
  });

  it('are compared in at least 120 scenes', () => {
    expect(contests.flatMap(({ scenes }) => scenes).length).toBeGreaterThanOrEqual(120);
  });
});
