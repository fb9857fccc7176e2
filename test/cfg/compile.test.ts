/** Whole scripts: what peers receive from a proxy that runs a kamailio.cfg. */
import { describe, expect, it } from 'vitest';
import { BOB, cfgStage } from './cfg-stage.ts';

const RELAY = 'if (!t_relay()) sl_reply_error();';

describe('a script', () => {
  it('answers OPTIONS itself and relays everything else', async () => {
    const { alice, bob, sim } = await cfgStage(`
      request_route {
        if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
        ${RELAY}
      }`);
    alice.request('OPTIONS', BOB);
    await sim.runFor(100);
    expect(alice.lines()).toEqual(['200 OK (OPTIONS)']);
    expect(bob.lines()).toEqual([]);
    alice.request('MESSAGE', BOB);
    await sim.runFor(100);
    expect(bob.received('MESSAGE')).toHaveLength(1);
  });

  it('replies with pseudo-variables in the phrase and arguments as numbers or texts', async () => {
    const { alice, sim } = await cfgStage('request_route { sl_send_reply(404, "No $rU at $rd"); }');
    alice.request('OPTIONS', BOB);
    await sim.runFor(100);
    expect(alice.lines()).toEqual(['404 No bob at 10.0.0.3 (OPTIONS)']);
  });

  it('goes on without a function whose computed argument does not fit, and says so', async () => {
    const stage = await cfgStage(
      'request_route { $var(c) = "abc"; if (!sl_send_reply("$var(c)", "x")) xlog("refused $rc"); }',
    );
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(100);
    expect(stage.said).toEqual(['refused -1']);
    expect(stage.logged).toContain('error sl_send_reply was not called: argument 1 is not a number from 100 to 699');
  });

  it('edits headers and reads what it wrote', async () => {
    const { alice, bob, sim, said } = await cfgStage(`
      request_route {
        append_hf("X-Who: $fU\\r\\n");
        xlog("$hdr(X-Who)");
        remove_hf("Subject");
        ${RELAY}
      }`);
    alice.request('MESSAGE', BOB, { headers: [['Subject', 'hello']] });
    await sim.runFor(100);
    expect(said).toEqual(['alice']);
    expect(bob.received('MESSAGE')[0]?.headers.get('X-Who')).toBe('alice');
    expect(bob.received('MESSAGE')[0]?.headers.has('Subject')).toBe(false);
  });

  it('changes where the request goes', async () => {
    const { alice, carol, sim } = await cfgStage(`
      request_route {
        $ru = "sip:carol@10.0.0.4:5060";
        $rU = "caro";
        ${RELAY}
      }`);
    alice.request('MESSAGE', BOB);
    await sim.runFor(100);
    expect(carol.received('MESSAGE')[0]?.uri).toBe('sip:caro@10.0.0.4:5060');
  });
});

describe('functions of the core', () => {
  it.each([
    ['rewritehostport("1.2.3.4:99");', 'sip:bob@1.2.3.4:99'],
    ['strip(1); prefix("zz");', 'sip:zzob@10.0.0.3:5060'],
    ['setuser("u"); sethost("h"); setport("77");', 'sip:u@h:77'],
    ['strip(99);', 'sip:10.0.0.3:5060'],
    ['setuser("u"); strip_tail(1);', 'sip:10.0.0.3:5060'],
    ['rewriteuri("sip:x@y"); revert_uri;', BOB],
    ['seturi("sip:x@y");', 'sip:x@y'],
    ['setuserpass("u:p");', 'sip:u:p@10.0.0.3:5060'],
    ['sethostporttrans("h:5;transport=tcp");', 'sip:bob@h:5;transport=tcp'],
    ['setuser("+49123"); userphone();', 'sip:+49123@10.0.0.3:5060;user=phone'],
    ['$rU = $null;', 'sip:10.0.0.3:5060'],
  ])('%s makes the Request-URI %s', async (statements, uri) => {
    const stage = await cfgStage(`request_route { ${statements} xlog("$ru"); }`);
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(100);
    expect(stage.said).toEqual([uri]);
  });

  it('forward statelessly, to a host and port or where the request leads', async () => {
    const { alice, bob, carol, sim } = await cfgStage(`
      request_route {
        if (is_method("OPTIONS")) forward("10.0.0.4", 5060);
        else if (is_method("INFO")) forward(uri:host, uri:port);
        else forward();
      }`);
    for (const method of ['OPTIONS', 'INFO', 'MESSAGE']) alice.request(method, BOB);
    await sim.runFor(100);
    expect(carol.received('OPTIONS')).toHaveLength(1);
    expect([bob.received('INFO').length, bob.received('MESSAGE').length]).toEqual([1, 1]);
  });

  it('change our Via', async () => {
    const { alice, bob, sim } = await cfgStage(`
      request_route {
        set_advertised_address(proxy.example.com);
        set_advertised_port(5099);
        add_local_rport();
        ${RELAY}
      }`);
    alice.request('MESSAGE', BOB);
    await sim.runFor(100);
    expect(bob.received('MESSAGE')[0]?.headers.get('Via')).toMatch(
      /^SIP\/2\.0\/UDP proxy\.example\.com:5099;branch=z9hG4bK[^;]+;rport$/,
    );
  });

  it('answer to the port that the request came from', async () => {
    const { alice, sim } = await cfgStage('request_route { force_rport(); sl_send_reply("200", "OK"); }');
    alice.request('OPTIONS', BOB);
    await sim.runFor(100);
    expect(alice.receivedStatus(200)[0]?.topVia?.rport).toBe(5060);
  });

  it('fork to appended branches, and take them back', async () => {
    const { alice, bob, carol, sim } = await cfgStage(`
      request_route {
        append_branch("sip:dave@10.0.0.9");
        clear_branches();
        append_branch("sip:carol@10.0.0.4:5060");
        ${RELAY}
      }`);
    alice.invite(BOB);
    await sim.runFor(100);
    expect([bob.received('INVITE').length, carol.received('INVITE').length]).toEqual([1, 1]);
  });

  it('run an event route once at the start', async () => {
    const { said } = await cfgStage(
      'event_route[core:worker-one-init] { xlog("$rm started"); } request_route { exit; }',
    );
    expect(said).toEqual(['OPTIONS started']);
  });
});

describe('the route blocks of a call', () => {
  it('run in the order of Kamailio', async () => {
    const { alice, bob, sim, said } = await cfgStage(`
      request_route {
        xlog("request $rm");
        $avp(a) = "kept";
        setflag(4);
        t_on_branch("B"); t_on_reply("R"); t_on_failure("F");
        ${RELAY}
      }
      branch_route[B] { xlog("branch $T_branch_idx"); append_hf("X-Branch: $T_branch_idx\\r\\n"); }
      onsend_route { xlog("onsend $rm"); }
      reply_route { xlog("reply $rs"); }
      onreply_route[R] { xlog("onreply $rs $avp(a)"); if (isflagset(4)) xlog("flag"); }
      failure_route[F] { xlog("failure $T_reply_code $rm $avp(a)"); }`);
    bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    alice.invite(BOB);
    await sim.runFor(100);
    expect(said).toEqual([
      'request INVITE',
      'branch 0',
      'onsend INVITE',
      'reply 486',
      'onreply 486 kept',
      'flag',
      'failure 486 INVITE kept',
    ]);
    expect(bob.received('INVITE')[0]?.headers.get('X-Branch')).toBe('0');
    expect(alice.receivedStatus(486)).toHaveLength(1);
  });

  it('try somebody else when the first one is busy', async () => {
    const { alice, bob, carol, sim } = await cfgStage(`
      request_route { t_on_failure("NEXT"); ${RELAY} }
      failure_route[NEXT] {
        if (t_is_canceled()) exit;
        if (t_check_status("486|408")) {
          $ru = "sip:carol@10.0.0.4:5060";
          t_relay();
        }
      }`);
    bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    carol.on('INVITE', (request, ua) => void ua.reply(request, 200));
    alice.invite(BOB);
    await sim.runFor(100);
    expect(alice.lines().at(-1)).toBe('200 OK (INVITE)');
    expect(alice.receivedStatus(486)).toEqual([]);
  });

  it('look at the request of a reply, and at the reply of a request', async () => {
    const { alice, bob, sim, said } = await cfgStage(`
      request_route { t_on_reply("R"); t_on_failure("F"); ${RELAY} }
      onreply_route[R] { xlog("$T_req($rU) $T_req($(hdr(X-Id){s.len})) [$T_req($hdr(No))]"); }
      failure_route[F] { xlog("$T_rpl($rs) $T_rpl($rr)"); }`);
    bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    alice.invite(BOB, { headers: [['X-Id', 'abc']] });
    await sim.runFor(100);
    expect(said).toEqual(['bob 3 [<null>]', '486 Busy Here']);
  });

  it('know which of them are armed', async () => {
    const { alice, sim, said } = await cfgStage(`
      request_route {
        if (!t_is_set("failure_route")) t_on_failure("F");
        if (t_is_set("failure_route")) xlog("failure");
        if (t_is_set("branch_route")) xlog("branch");
      }
      failure_route[F] { exit; }`);
    alice.request('OPTIONS', BOB);
    await sim.runFor(100);
    expect(said).toEqual(['failure']);
  });
});

describe('drop', () => {
  it('in a branch route takes the branch away', async () => {
    const { alice, bob, carol, sim } = await cfgStage(`
      request_route { append_branch("sip:carol@10.0.0.4:5060"); t_on_branch("B"); ${RELAY} }
      branch_route[B] { if ($rU == "bob") drop; }`);
    alice.invite(BOB);
    await sim.runFor(100);
    expect([bob.received('INVITE').length, carol.received('INVITE').length]).toEqual([0, 1]);
  });

  it('in onsend_route keeps the message here', async () => {
    const { alice, bob, sim } = await cfgStage(`
      request_route { ${RELAY} }
      onsend_route { if (to_ip == 10.0.0.3) drop; }`);
    alice.request('MESSAGE', BOB);
    await sim.runFor(100);
    expect(bob.lines()).toEqual([]);
  });

  it.each([
    ['drop;', 0],
    ['exit;', 1],
    ['return 0;', 1],
    ['is_method("BYE");', 1],
  ])('in reply_route: "%s" lets %i replies through', async (statement, count) => {
    const { alice, bob, sim } = await cfgStage(`
      request_route { ${RELAY} }
      reply_route { if ($rs == 180) { ${statement} } }`);
    bob.acceptCalls([180]);
    alice.invite(BOB);
    await sim.runFor(100);
    expect(alice.receivedStatus(180)).toHaveLength(count);
  });

  it('in onreply_route drops what is provisional, and nothing that is final', async () => {
    const { alice, bob, sim } = await cfgStage(`
      request_route { t_on_reply("R"); ${RELAY} }
      onreply_route[R] { drop; }`);
    bob.acceptCalls();
    alice.invite(BOB);
    await sim.runFor(100);
    expect([alice.receivedStatus(180).length, alice.receivedStatus(200).length]).toEqual([0, 1]);
  });

  it('in a failure route changes nothing', async () => {
    const { alice, bob, sim } = await cfgStage(`
      request_route { t_on_failure("F"); ${RELAY} }
      failure_route[F] { drop; }`);
    bob.on('INVITE', (request, ua) => void ua.reply(request, 486));
    alice.invite(BOB);
    await sim.runFor(100);
    expect(alice.receivedStatus(486)).toHaveLength(1);
  });
});

describe('a route that different blocks call', () => {
  it('runs a function only where it can, and says so', async () => {
    const stage = await cfgStage(`
      request_route { t_on_reply("R"); route(X); ${RELAY} }
      onreply_route[R] { route(X); }
      route[X] { if (t_newtran()) xlog("new"); else xlog("not in a reply"); }`);
    stage.bob.on('MESSAGE', (request, ua) => void ua.reply(request, 200));
    stage.alice.request('MESSAGE', BOB);
    await stage.sim.runFor(100);
    expect(stage.said).toEqual(['new', 'not in a reply']);
    expect(stage.logged).toContainEqual(expect.stringContaining('t_newtran cannot be called in onreply_route'));
  });
});

describe('a route that suspended messages go on in', () => {
  it('is a route like another, and runs as a failure route or as the reply route that it was', async () => {
    const { alice, bob, sim, said } = await cfgStage(`
      request_route {
        if (is_method("INFO")) { xlog("continued"); t_continue("$shv(i)", "$shv(l)", "GO"); exit; }
        t_newtran();
        $shv(i) = $T(id_index); $shv(l) = $T(id_label);
        t_on_reply("R");
        t_suspend();
      }
      onreply_route[R] { t_suspend(); }
      route[GO] {
        if (t_is_reply_route()) { xlog("reply $rs"); exit; }
        xlog("request $rm");
        ${RELAY}
      }`);
    bob.on('MESSAGE', (request, ua) => void ua.reply(request, 200));
    alice.request('MESSAGE', BOB);
    await sim.runFor(100);
    for (const _ of [1, 2]) {
      alice.request('INFO', BOB);
      await sim.runFor(100);
    }
    expect(said).toEqual(['continued', 'request MESSAGE', 'continued', 'reply 200']);
    expect(alice.receivedStatus(200, 'MESSAGE')).toHaveLength(1);
  });

  it('may be named by a pseudo-variable', async () => {
    const { alice, sim, said } = await cfgStage(`
      request_route {
        $var(name) = $hdr(X-Route);
        t_suspend();
        if (t_continue("$T(id_index)", "$T(id_label)", "$var(name)")) xlog("yes"); else xlog("no");
      }
      route[GO] { xlog("here"); t_reply("486", "Busy"); }`);
    for (const name of ['GO', 'NOWHERE']) alice.request('MESSAGE', BOB, { headers: [['X-Route', name]] });
    await sim.runFor(100);
    expect(said).toEqual(['here', 'yes', 'no']);
  });
});

describe('unknown functions', () => {
  it('give -1 and say so once with --stub-unknown', async () => {
    const stage = await cfgStage('request_route { if (!ws_handle_handshake()) xlog("no $rc"); }', {
      stubUnknown: true,
    });
    stage.alice.request('OPTIONS', BOB);
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(100);
    expect(stage.said).toEqual(['no -1', 'no -1']);
    expect(stage.logged.filter((line) => line.includes('ws_handle_handshake'))).toHaveLength(1);
  });
});

describe('a timer', () => {
  it('runs the route that modparam names', async () => {
    const stage = await cfgStage(`
      loadmodule "rtimer.so"
      modparam("rtimer", "timer", "name=t;interval=1;")
      modparam("rtimer", "exec", "timer=t;route=TICK")
      request_route { exit; }
      route[TICK] { $shv(n) = $shv(n) + 1; xlog("tick $shv(n)"); }`);
    await stage.sim.runFor(3_500);
    expect(stage.said).toEqual(['tick 1', 'tick 2', 'tick 3']);
  });
});

describe("Kamailio's own way", () => {
  it.each([
    ['drop;', 0],
    ['exit;', 1],
    ['return 0;', 0],
    ['return -1;', 0],
    ['return 1;', 1],
    ['is_method("BYE");', 0],
    ['is_method("INVITE");', 1],
  ])('with viaduct.reply_drop: "%s" lets %i replies through', async (statement, count) => {
    const { alice, bob, sim } = await cfgStage(`
      viaduct.reply_drop = "kamailio"
      request_route { ${RELAY} }
      reply_route { ${statement} }`);
    bob.acceptCalls([180]);
    alice.invite(BOB);
    await sim.runFor(100);
    expect(alice.receivedStatus(180)).toHaveLength(count);
  });

  it('with viaduct.var_scope: $var keeps its value for the next message', async () => {
    const stage = await cfgStage(`
      viaduct.var_scope = "process"
      request_route { $var(n) = $var(n) + 1; xlog("$var(n)"); }`);
    stage.alice.request('OPTIONS', BOB);
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(100);
    expect(stage.said).toEqual(['1', '2']);
  });
});
