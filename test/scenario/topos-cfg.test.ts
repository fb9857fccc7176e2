/** Topology hiding as a kamailio.cfg asks for it: parameters, event routes and the function, under Kamailio's names. */
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/cfg/compile.ts';
import { formatDiagnostics } from '../../src/cfg/diagnostics.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import { BOB, cfgStage, withModules } from '../cfg/cfg-stage.ts';
import { inputOf } from '../cfg/reading.ts';
import { contactOf, viasOf } from './topos-stage.ts';

/** What Kamailio's own documentation shows. */
const SCRIPT = `
loadmodule "topos.so"
modparam("topos", "storage", "memory")
modparam("topos", "mask_callid", 0)
modparam("topos", "sanity_checks", 0)
modparam("topos", "header_mode", 7)
modparam("topos", "branch_expire", 180)
modparam("topos", "dialog_expire", 10800)
modparam("topos", "clean_interval", 30)
modparam("topos", "event_mode", 15)
modparam("topos", "contact_host", "sbc.example.com")
modparam("topos", "contact_mode", 2)
modparam("topos", "cparam_name", "vdk")
modparam("topos", "xavu_cfg", "_tps_")
modparam("topos", "xavu_field_a_contact", "a_contact")
modparam("topos", "xavu_field_b_contact", "b_contact")
modparam("topos", "xavu_field_contact_host", "contact_host")
modparam("topos", "rr_update", 1)
modparam("topos", "context", "lan")
modparam("topos", "methods_nocontact", "CANCEL,BYE,PRACK,UPDATE")
modparam("topos", "methods_noinitial", "OPTIONS,NOTIFY")
modparam("topos", "methods_update_time", "INVITE,UPDATE")

request_route {
  if (has_totag()) { loose_route(); t_relay(); exit; }
  $xavu(_tps_=>a_contact) = "alice-out";
  $xavu(_tps_=>b_contact) = "bob-out";
  record_route();
  t_relay();
}
`;

const LOOSE = `
loadmodule "topos.so"
request_route {
  if (has_totag()) loose_route(); else record_route();
  t_relay();
}
`;

async function call(text: string) {
  const stage = await cfgStage(text);
  const { alice, bob, sim } = stage;
  bob.acceptCalls();
  alice.invite(BOB);
  await sim.runFor(300);
  const proxy = { address: '10.0.0.1', port: 5060 };
  alice.on('*', (request) => void alice.reply(request, 200));
  if (alice.receivedStatus(200).length > 0) alice.inDialog('ACK', { cseq: 1, via: proxy });
  await sim.runFor(100);
  return { ...stage, via: proxy };
}

describe('topos in a kamailio.cfg', () => {
  it('takes all of its parameters, and $xavu decides what the sides see of each other', async () => {
    const { alice, bob, sim, via } = await call(SCRIPT);
    expect(contactOf(bob.received('INVITE')[0])).toMatch(
      /^<sip:alice-out@sbc\.example\.com;vdk=btpsh-lan-[0-9a-f]{32}>$/,
    );
    expect(contactOf(alice.receivedStatus(200)[0])).toMatch(
      /^<sip:bob-out@sbc\.example\.com;vdk=atpsh-lan-[0-9a-f]{32}>$/,
    );
    expect(bob.received('ACK')).toHaveLength(1);
    bob.inDialog('BYE', { via });
    await sim.runFor(100);
    expect(alice.received('BYE')[0]?.uri).toBe('sip:alice@10.0.0.2:5060');
  });

  it('runs its four event routes once for each message, with its ends', async () => {
    const { said } = await call(`${LOOSE}
event_route[topos:msg-incoming] { xlog("in $si:$sp $sndto(ip)\\n"); }
event_route[topos:msg-receiving] { xlog("receiving $rm $si\\n"); }
event_route[topos:msg-outgoing] { xlog("out $sndto(ip):$sndto(port):$sndto(proto)\\n"); }
event_route[topos:msg-sending] { xlog("sending $rm $sndto(ip)\\n"); }
`);
    const invite = [
      'in 10.0.0.2:5060 <null>',
      'receiving INVITE 10.0.0.2',
      'out 10.0.0.3:5060:1',
      'sending INVITE 10.0.0.3',
    ];
    expect(said.slice(0, 4)).toEqual(invite);
    // The 180 and the 200 of B, then the ACK of A; the 100 is ours and has nothing to hide.
    const words = ['in', 'receiving', 'out', 'sending'];
    expect(said.slice(4).map((line) => line.split(' ')[0])).toEqual([...words, ...words, ...words]);
    expect(said.slice(4, 8)).toEqual([
      'in 10.0.0.3:5060 <null>',
      expect.stringMatching(/^receiving \S+ 10\.0\.0\.3$/),
      'out 10.0.0.2:5060:1',
      expect.stringMatching(/^sending \S+ 10\.0\.0\.2$/),
    ]);
  });

  it('shows everything to whom an event route drops the hiding for', async () => {
    const { alice, bob } = await call(`${LOOSE}
event_route[topos:msg-outgoing] { if ($sndto(ip) == "10.0.0.3") { drop; } }
`);
    const [invite] = bob.received('INVITE');
    expect(viasOf(invite)).toHaveLength(2);
    expect(contactOf(invite)).toBe('<sip:alice@10.0.0.2:5060>');
    expect(contactOf(alice.receivedStatus(200)[0])).toContain('atpsh-');
    expect(viasOf(alice.receivedStatus(200)[0])).toHaveLength(1);
    expect(bob.received('ACK')).toHaveLength(1);
  });

  it.each(['topos:msg-incoming', 'topos:msg-receiving'])(
    'never loses a Via to a drop in event_route[%s]',
    async (name) => {
      const { alice } = await call(`${LOOSE}\nevent_route[${name}] { drop; }`);
      for (const status of [180, 200]) expect(viasOf(alice.receivedStatus(status)[0])).toHaveLength(1);
    },
  );

  it('sets the namespace of keys for one message, and says when it is none', async () => {
    const { bob, said } = await call(`
loadmodule "topos.so"
request_route {
  if (has_totag()) { loose_route(); t_relay(); exit; }
  if (!tps_set_context("much-too-long-for-this")) xlog("refused\\n");
  if (tps_set_context("$var(ctx)$si{s.len}")) xlog("set\\n");
  if (tps_set_context("edge")) xlog("set\\n");
  record_route();
  t_relay();
}
`);
    expect(said.at(0)).toBe('refused');
    expect(said.at(-1)).toBe('set');
    expect(contactOf(bob.received('INVITE')[0])).toMatch(/<sip:btpsh-edge-[0-9a-f]{32}@/);
  });

  it('takes tps_set_context in its own event routes', async () => {
    const { bob } = await call(`${LOOSE}\nevent_route[topos:msg-outgoing] { tps_set_context("out"); }`);
    expect(contactOf(bob.received('INVITE')[0])).toMatch(/<sip:btpsh-out-[0-9a-f]{32}@/);
  });

  it.each([
    ['modparam("topos", "contact_mode", 5)', /contact_mode is a number from 0 to 4/],
    ['modparam("topos", "header_mode", 8)', /header_mode is a number from 0 to 7/],
    ['modparam("topos", "redirect_contacts", "hide")', /redirect_contacts is one of keep, mask, drop/],
    ['modparam("topos", "contact_hosts", "x")', /did you mean contact_host\?/],
    ['event_route[topos:msg-outgoin] { drop; }', /did you mean topos:msg-outgoing\?/],
    ['route[x] { tps_set_context(); }', /tps_set_context/],
    ['route[x] { tps_set_contxt("a"); }', /did you mean tps_set_context/],
  ])('says what is wrong in %s', (text, pattern) => {
    const made = compileConfig(inputOf(withModules(`${LOOSE}\n${text}`)), registry, { globals: globalParams });
    expect(formatDiagnostics(made.sources, made.diagnostics)).toMatch(pattern);
  });
});
