/** Groups of custom parameters, and where a statement stands: what the language itself answers. */
import { expect, it } from 'vitest';
import { BOB, cfgStage } from './cfg-stage.ts';

const GROUPS = 'limits.most = 5\nlimits.word = "base"\nlimits[1].most = 7\n';

/** What xlog wrote while one OPTIONS went through the script. */
async function logOf(text: string): Promise<readonly string[]> {
  const stage = await cfgStage(text);
  stage.alice.request('OPTIONS', BOB);
  await stage.sim.runFor(1_000);
  return stage.said;
}

it('an instance of a group is read while it is selected', async () => {
  const lines = await logOf(`${GROUPS}
request_route {
  cfg_select("limits", 1); xlog("$sel(cfg_get.limits.most) $sel(cfg_get.limits.word)");
  $var(n) = 9; if (!cfg_select("limits", $var(n))) xlog("none");
  cfg_reset("limits"); xlog("$sel(cfg_get.limits.most)");
}`);
  expect(lines).toEqual(['7 base', 'none', '5']);
});

it('a line and a route are those of the statement', async () => {
  const lines = await logOf(`request_route {
  xlog("$cfg(route)");
  $var(a) = $cfg(line);
  route(INNER); xlog("$cfg(route)");
}
route[INNER] {
  $var(a) = $cfg(line) - $var(a);
  xlog("$cfg(route) $var(a) [$cfg(none)]");
}`);
  expect(lines).toEqual(['DEFAULT_ROUTE', 'INNER 4 [<null>]', 'DEFAULT_ROUTE']);
});

it('names with a dot are read in brackets and in texts', async () => {
  const lines = await logOf(
    'request_route { $var(a) = $(ruri.user); xlog("$var(a) $ruri.user $rU.x [$(err.info)]"); }',
  );
  expect(lines).toEqual(['bob bob bob.x [<null>]']);
});
