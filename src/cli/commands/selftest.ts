/** `viaduct selftest`: places calls through a proxy with a SIP stack that is not ours, and looks where each trace went. */
import { resolve } from 'node:path';
import type { CommandDecl, Given } from '../command.ts';
import { paintFor } from '../colours.ts';
import { ExitCode, UsageError } from '../exit-code.ts';
import { packageFile } from '../package-files.ts';
import { readLoopback } from '../selftest/course.ts';
import { readExpectation } from '../selftest/expectation.ts';
import { isGood, jsonReport, type Report, tableReport } from '../selftest/report.ts';
import type { Shell } from '../shell.ts';

const SAMPLE = 'samples/per-route-targets/routes.ts';

export const selftest: CommandDecl = {
  name: 'selftest',
  summary: 'Place calls through a proxy and show where each message was traced to.',
  arguments: [{ name: '[file]', doc: 'routes.ts or routes.js (default: the sample per-route-targets)' }],
  flags: [
    { flags: '--expect <rule>', doc: 'method=target of a file that traces otherwise, again for more', repeat: 'list' },
    { flags: '--through <address>', doc: 'a proxy that runs already, as in 127.0.0.1:5060; shows replies only' },
    { flags: '--callee <address>', doc: 'with --through: where the called one listens (default: a free port)' },
    { flags: '--json', doc: 'print one JSON document' },
  ],
  notes: `The routes find the targets in the environment variables HOMER and VOIPMONITOR, the callee in NEXT_HOP.
Expected is REGISTER=homer and *=voipmonitor; a target is homer, voipmonitor, both (with a comma) or none.`,
  run: runSelftest,
};

async function runSelftest(given: Given, shell: Shell): Promise<ExitCode> {
  const report = await testAsAsked(given, shell);
  shell.out.write(given.has('json') ? jsonReport(report) : tableReport(report, paintFor(shell.env, shell.out)));
  return isGood(report) ? ExitCode.ok : ExitCode.failure;
}

async function testAsAsked(given: Given, { world, cwd }: Shell): Promise<Report> {
  // Here and not above: `run` shall not load what only this command needs.
  const { testRoutes, testThrough } = await import('../selftest/run-selftest.ts');
  const [file] = given.args;
  const through = given.text('through');
  const callee = given.text('callee');
  const rules = given.list('expect');
  if (through !== undefined) {
    if (file !== undefined) throw new UsageError('--through takes no routes file: the proxy has its own');
    if (rules.length > 0) throw new UsageError('--expect is of no use with --through: the targets are not ours to see');
    return testThrough({
      world,
      proxy: readLoopback('--through', through),
      callee: callee === undefined ? undefined : readLoopback('--callee', callee),
    });
  }
  if (callee !== undefined) throw new UsageError('--callee goes with --through');
  const isSample = file === undefined && rules.length === 0;
  const path = file === undefined ? packageFile(SAMPLE) : resolve(cwd, file);
  return testRoutes({ world, file: path, expectation: isSample ? undefined : readExpectation(rules) });
}
