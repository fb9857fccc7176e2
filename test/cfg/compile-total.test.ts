/** Nothing that can be written makes the compiler throw, and nothing that it accepts makes a proxy hang. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/cfg/compile.ts';
import { MAX_COMPLAINTS, MAX_STEPS } from '../../src/cfg/compile/run.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import { BOB, cfgStage, HEADER, withModules } from './cfg-stage.ts';
import { inputOf } from './reading.ts';

const names = [
  'is_method',
  't_relay',
  'sl_send_reply',
  'xlog',
  'setflag',
  'nope',
  'route',
  'strip',
  'sip_trace',
  'usleep',
];
const pvs = [
  '$ru',
  '$rU',
  '$var(x)',
  '$avp(a)',
  '$(ru{s.len})',
  '$rc',
  '$null',
  '$hdr(To)',
  '$foo',
  '$(avp(a)[$var(x)])',
  '$sht(a=>b)',
];

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -5, max: 5 }).map(String),
    fc.constantFrom('"text"', '"$rU x"', '""', '"12"', "'raw'", '"$("'),
    fc.constantFrom(...pvs),
    fc.constantFrom('uri == myself', 'src_ip == 10.0.0.0/8', 'method == INVITE', 'proto == udp', 'status =~ "2.."'),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('==', '!=', '=~', '&&', '||', '+', '-', '*', '/', 'mod', '<', '<<', '&'),
        tie('expression'),
      )
      .map(([left, op, right]) => `(${left} ${op} ${right})`),
    tie('expression').map((inner) => `!(${inner})`),
    fc
      .tuple(fc.constantFrom(...names), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join(', ')})`),
    fc.constantFrom('route(A)', 'route($var(x))', 'defined $avp(a)', 'strempty($rU)', '($var(x) = 1)'),
  ),
}));

const { statement } = fc.letrec<{ statement: string }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(fc.constantFrom(...pvs), expression).map(([pv, value]) => `${pv} = ${value};`),
    fc
      .tuple(fc.constantFrom(...names), fc.array(expression, { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join(', ')});`),
    fc.constantFrom('exit;', 'drop;', 'return;', 'return 0;', 'break;', 'route(A);', 'route(B);', 'force_rport;'),
    fc
      .tuple(expression, tie('statement'), tie('statement'))
      .map(([test, yes, no]) => `if (${test}) { ${yes} } else { ${no} }`),
    fc.tuple(expression, tie('statement')).map(([test, body]) => `while (${test}) { ${body} }`),
    fc
      .tuple(expression, tie('statement'))
      .map(([subject, body]) => `switch (${subject}) { case 1: ${body} default: ${body} }`),
  ),
}));

const block = fc.array(statement, { maxLength: 4 }).map((statements) => statements.join('\n'));

describe('the compiler', () => {
  it('gives a program or diagnostics for every script', () => {
    fc.assert(
      fc.property(
        block,
        block,
        fc.constantFrom('reply_route', 'failure_route[F]', 'branch_route[B]', 'onsend_route'),
        (main, sub, kind) => {
          const text = withModules(
            `request_route { ${main} }\nroute[A] { ${sub} }\nroute[B] { exit; }\n${kind} { ${sub} }`,
          );
          const made = compileConfig(inputOf(text), registry, { globals: globalParams, stubUnknown: true });
          expect(made.kind === 'program' || made.diagnostics.length > 0).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives a program or diagnostics for every text', () => {
    const word = fc.constantFrom(
      ...'modparam loadmodule ( ) { } [ ] ; , = == "tm" "x" 1 route request_route if while listen udp : . $ru $( @a flags'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 40 }), (words) => {
        const made = compileConfig(inputOf(HEADER + words.join(' ')), registry);
        expect(['program', 'failed']).toContain(made.kind);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a running script', () => {
  it('comes to an end, whatever it says', async () => {
    const scripts = fc.sample(fc.tuple(block, block), { numRuns: 60, seed: 7 });
    for (const [main, sub] of scripts) {
      const text = `request_route { ${main} }\nroute[A] { ${sub} route(A); }\nroute[B] { exit; }`;
      const made = compileConfig(inputOf(withModules(text)), registry, { stubUnknown: true });
      if (made.kind === 'failed') continue;
      const stage = await cfgStage(text, { stubUnknown: true });
      stage.alice.request('OPTIONS', BOB);
      await stage.sim.runFor(10_000);
      expect(stage.proxy.counters.requests).toBe(1);
    }
  });

  it('survives loops inside of routes that call themselves', async () => {
    const stage = await cfgStage(
      'request_route { route(A); xlog("no"); }\nroute[A] { while (1) { $var(n) = $var(n) + 1; route(A); } }',
    );
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(1_000);
    expect(stage.said).toEqual([]);
    expect(stage.logged.length).toBeLessThanOrEqual(MAX_COMPLAINTS + 2);
    expect(stage.logged).toContain(`error a script took more than ${MAX_STEPS} steps and was ended`);
  });

  it('takes as many steps as it may', async () => {
    const loops = (turns: number) => `max_while_loops = ${MAX_STEPS + 1}
      request_route { while ($var(n) < ${turns}) { $var(n) = $var(n) + 1; } xlog("$var(n)"); }`;
    for (const [turns, said] of [
      [MAX_STEPS, [String(MAX_STEPS)]],
      [MAX_STEPS + 1, []],
    ] as const) {
      const stage = await cfgStage(loops(turns));
      stage.alice.request('OPTIONS', BOB);
      await stage.sim.runFor(1_000);
      expect(stage.said).toEqual(said);
    }
  });
});
