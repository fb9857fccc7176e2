/** Calls that Kamailio allows in blocks where they are rare: what they do here, from file to wire. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { createProxy } from '../../src/engine/proxy.ts';
import { nodeWorld } from '../../src/world/node/world.ts';
import { BOB, cfgStage, compiled, run, withModules } from './cfg-stage.ts';

const REGISTRAR = `loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
`;

it('save() in onreply_route keeps the contacts that another registrar says', async () => {
  const stage = await cfgStage(`${REGISTRAR}
    request_route {
      if (is_method("REGISTER")) {
        fix_nated_register();
        setbflag(3);
        t_on_reply("R");
        $du = "${BOB}";
        t_relay();
        exit;
      }
      reg_fetch_contacts("location", "sip:alice@example.com", "c");
      xlog("L_INFO", "$(ulc(c=>count)) $(ulc(c=>addr)) $(ulc(c=>q)) $(ulc(c=>cflags)) $(ulc(c=>received)) $(ulc(c=>user_agent))\\n");
      if (lookup("location")) xlog("L_INFO", "$ru via $du\\n");
    }
    onreply_route[R] {
      if ($rs == 200) { save("location", "0x02"); xlog("L_INFO", "saved $rc\\n"); }
    }`);
  stage.bob.on('REGISTER', (request, ua) =>
    ua.reply(request, 200, { headers: [['Contact', '<sip:alice@10.0.0.2:5060>;expires=120;q=0.5']] }),
  );
  stage.alice.request('REGISTER', 'sip:example.com', {
    to: '<sip:alice@example.com>',
    headers: [
      ['Contact', '<sip:alice@192.168.0.9>'],
      ['Expires', '3600'],
      ['User-Agent', 'phone'],
    ],
  });
  await stage.sim.runFor(1_000);
  stage.alice.request('OPTIONS', 'sip:alice@example.com');
  await stage.sim.runFor(1_000);
  // Kamailio 5.6.3 says the same.
  expect(stage.said).toEqual([
    'saved 1',
    '1 sip:alice@10.0.0.2:5060 500 8 sip:10.0.0.2:5060 n/a',
    'sip:alice@10.0.0.2:5060 via sip:10.0.0.2:5060',
  ]);
});

it('append_to_reply() in event_route[xhttp:request] gives headers to the answer, each in one line', async () => {
  const program = compiled(
    withModules(`loadmodule "xhttp.so"
    request_route { exit; }
    event_route[xhttp:request] {
      append_to_reply("Access-Control-Allow-Origin: *\\r\\n");
      append_to_reply("X-Url: $hu\\r\\n");
      xhttp_reply("200", "OK", "text/plain", "hello");
    }`),
  );
  const proxy = createProxy({ world: nodeWorld(), program: program.source, listen: ['tcp:127.0.0.1:0'] });
  await proxy.start();
  try {
    const socket = connect(proxy.listeners[0]?.local.port ?? 0, '127.0.0.1');
    const parts: Buffer[] = [];
    socket.on('data', (part) => parts.push(part));
    socket.write('GET /page HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    const text = Buffer.concat(parts).toString('latin1');
    expect(text).toContain('\r\nAccess-Control-Allow-Origin: *\r\nX-Url: /page\r\n');
    expect(text).toMatch(/\r\n\r\nhello$/);
  } finally {
    await proxy.stop();
  }
});

it('a route that is armed and not there costs a warning, and changes nothing', async () => {
  const stage = await cfgStage(
    'request_route { t_on_failure("NOBODY"); t_on_reply("NONE"); t_on_branch("NO"); t_relay(); }',
  );
  stage.bob.on('INVITE', (request, ua) => ua.reply(request, 486));
  stage.alice.invite(BOB);
  await stage.sim.runFor(300);
  expect(stage.alice.receivedStatus().map(({ status }) => status)).toEqual([100, 486]);
  expect(stage.logged.filter((line) => line.startsWith('error'))).toEqual([]);
});

it('a name that only running tells and no block has costs a line with its place, and the script goes on', async () => {
  const stage = await cfgStage(`
    request_route {
      $var(n) = "NOBODY";
      t_on_failure("F");
      xlog("L_INFO", "$rc");
      t_on_failure("$var(n)"); t_on_reply($var(n)); t_on_branch("$var(n)"); t_on_branch_failure($var(n));
      xlog("L_INFO", "$rc");
      t_newtran();
      t_continue("1", "2", "$var(n)");
      xlog("L_INFO", "$rc");
      route($var(n));
      xlog("L_INFO", "$rc");
      t_relay();
    }
    failure_route[F] { xlog("L_INFO", "armed still"); }`);
  stage.bob.on('INVITE', (request, ua) => ua.reply(request, 486));
  stage.alice.invite(BOB);
  await stage.sim.runFor(300);
  expect(stage.said).toEqual(['1', '1', '-1', '0']);
  expect(stage.alice.receivedStatus().map(({ status }) => status)).toEqual([100, 486]);
  expect(stage.logged.filter((line) => line.startsWith('error'))).toEqual([
    'error main.cfg:22: there is no failure_route[NOBODY]: nothing will run',
    'error main.cfg:22: there is no onreply_route[NOBODY]: nothing will run',
    'error main.cfg:22: there is no branch_route[NOBODY]: nothing will run',
    'error main.cfg:22: there is no event_route[tm:branch-failure:NOBODY]: nothing will run',
    'error main.cfg:25: there is no route[NOBODY]: nothing will run',
    'error main.cfg:27: there is no route',
  ]);
});

it('a name that only running tells arms its block, and an empty one or 0 takes it back', async () => {
  const stage = await cfgStage(`
    request_route {
      $var(n) = "F";
      t_on_failure("$var(n)");
      $var(a) = t_is_set("failure_route");
      $var(n) = "0";
      t_on_failure("$var(n)");
      if (t_is_set("failure_route")) xlog("L_INFO", "still");
      xlog("L_INFO", "$var(a)");
      t_on_branch("0"); t_on_reply("");
    }
    failure_route[F] { exit; }`);
  stage.alice.request('OPTIONS', BOB);
  await stage.sim.runFor(300);
  expect(stage.said).toEqual(['1']);
  expect(stage.logged.filter((line) => !line.startsWith('info'))).toEqual([]);
});

it('fixed texts that are joined in an argument are one format, what is computed is none', async () => {
  const said = await run(`
    xlog("L_INFO", "to $rU " + "by $rm " + "at $rd\\n");
    $var(x) = "$rU " + "$rm";
    xlog("L_INFO", "$var(x)\\n");`);
  // Kamailio 5.6.3 says the same.
  expect(said).toEqual(['to bob by OPTIONS at 10.0.0.3', '$rU $rm']);
});

it('a mistake in the second of two joined texts is told at its place', () => {
  expect(() => compiled(withModules('request_route { xlog("L_INFO", "to $rU " + "by $nobody\\n"); }'))).toThrow(
    /:17:48: error: there is no pseudo-variable \$nobody/,
  );
});
