/** debugger: the steps of a script in the log, told as Kamailio tells them, and looks at a message on its way. */
import { describe, expect, it } from 'vitest';
import { BOB, cfgStage } from '../../cfg/cfg-stage.ts';

const TRACED = `loadmodule "debugger.so"
modparam("debugger", "cfgtrace", 1)
`;

/** The steps without prefix and file, by line of the text behind the header: `request_route=[X] 3 assign`. */
function stepsIn(logged: readonly string[]): readonly string[] {
  const steps = logged
    .map((line) => /cfgtrace: (\S+) c=\[[^\]]+\] l=(\d+) n=(\S+)$/.exec(line))
    .filter((hit) => hit !== null);
  const first = Number(steps[0]?.[2] ?? 0);
  return steps.map(([, block, line, action]) => `${block} +${Number(line) - first} ${action}`);
}

describe('cfgtrace', () => {
  it('writes each step with its block, line and name, those in conditions and other routes too', async () => {
    const { sim, alice, logged } = await cfgStage(`${TRACED}
request_route {
  $var(x) = 1;
  if ($var(x) == 1 && is_method("INVITE")) {
    route(SUB);
  } else {
    exit;
  }
  while ($var(x) < 3) {
    $var(x) = $var(x) + 1;
    if ($var(x) == 2) break;
  }
  switch ($rm) {
    case "INVITE":
      setflag(1);
    break;
  }
  sl_send_reply("404", "Gone");
  exit;
}
route[SUB] {
  append_hf("X: y\\r\\n");
  return 1;
}`);
    alice.invite(BOB);
    await sim.runFor(100);
    expect(stepsIn(logged)).toEqual([
      'request_route=[DEFAULT_ROUTE] +0 assign',
      'request_route=[DEFAULT_ROUTE] +1 if',
      'request_route=[DEFAULT_ROUTE] +1 is_method',
      'request_route=[DEFAULT_ROUTE] +2 route',
      'request_route=[SUB] +19 append_hf',
      'request_route=[SUB] +20 return',
      'request_route=[DEFAULT_ROUTE] +6 while',
      'request_route=[DEFAULT_ROUTE] +7 assign',
      'request_route=[DEFAULT_ROUTE] +8 if',
      'request_route=[DEFAULT_ROUTE] +8 break',
      'request_route=[DEFAULT_ROUTE] +10 switch',
      'request_route=[DEFAULT_ROUTE] +12 setflag',
      'request_route=[DEFAULT_ROUTE] +13 break',
      'request_route=[DEFAULT_ROUTE] +15 sl_send_reply',
      'request_route=[DEFAULT_ROUTE] +16 exit',
    ]);
    expect(logged.find((line) => line.includes('n=while'))).toMatch(
      /^error debugger: \*\*\* cfgtrace: request_route=\[/,
    );
  });

  it('names the blocks of every kind as Kamailio does', async () => {
    const { sim, alice, bob, logged } = await cfgStage(`${TRACED}
request_route {
  t_on_branch("B"); t_on_reply("R"); t_on_failure("F"); t_on_branch_failure("bf"); t_relay();
}
branch_route[B] { setflag(1); }
onreply_route[R] { setflag(2); }
failure_route[F] { route(S); }
event_route[tm:branch-failure:bf] { setflag(4); }
reply_route { setflag(5); }
onsend_route { setflag(6); }
route[S] { setflag(3); }`);
    bob.on('INVITE', (request) => bob.reply(request, 486));
    alice.invite(BOB);
    await sim.runFor(100);
    const blocks = stepsIn(logged)
      .filter((step) => !step.includes('DEFAULT_ROUTE'))
      .map((step) => step.split(' ')[0]);
    expect(new Set(blocks)).toEqual(
      new Set([
        'branch_route=[B]',
        'onsend_route=[DEFAULT_SEND]',
        'onreply_route=[DEFAULT_ONREPLY]',
        'onreply_route=[R]',
        'branch_failure_route=[tm:branch-failure:bf]',
        'failure_route=[F]',
        'failure_route=[S]',
      ]),
    );
  });

  it('is off until it is asked for, and is switched over RPC', async () => {
    const { sim, alice, logged, proxy } = await cfgStage(`loadmodule "debugger.so"
request_route { sl_send_reply("404", "Gone"); }`);
    const trace = (...words: readonly string[]): unknown => proxy.program.rpc.get('dbg.trace')?.([...words]);
    expect(trace()).toBe('off');
    alice.request('OPTIONS', BOB, {});
    await sim.runFor(10);
    expect(stepsIn(logged)).toEqual([]);
    expect(trace('on')).toBe('on');
    alice.request('OPTIONS', BOB, {});
    await sim.runFor(10);
    expect(stepsIn(logged)).toEqual(['request_route=[DEFAULT_ROUTE] +0 sl_send_reply']);
    expect(trace('off')).toBe('off');
    expect(() => trace('maybe')).toThrow('on or off');
  });
});

describe('a look at a message', () => {
  it('shows its variables as JSON, and itself as it would be sent', async () => {
    const { sim, alice, logged } = await cfgStage(`loadmodule "debugger.so"
request_route {
  $var(a) = 1;
  $avp(b) = "x";
  $avp(b) = "y";
  append_hf("X-Seen: yes\\r\\n");
  dbg_breakpoint("here");
  dbg_pv_dump();
  dbg_pv_dump("1", "L_ERR");
  dbg_sip_msg("L_INFO");
}`);
    alice.request('OPTIONS', BOB, {});
    await sim.runFor(10);
    expect(logged.filter((line) => line.includes('{'))).toEqual([
      'debug debugger: {"$var(a)":1,"$avp(b)":["y","x"]}',
      'error debugger: {"$avp(b)":["y","x"]}',
    ]);
    expect(logged).toContain('info debugger: X-Seen: yes');
    expect(logged).toContain(`info debugger: OPTIONS ${BOB} SIP/2.0`);
  });
});
