/** What Kamailio refuses to load is refused here, and what it loads is accepted: scripts that `check` and `-c` look at. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/cfg/compile.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';
import { hasTool, requireTool } from '../support/tools.ts';

const prelude = `#!KAMAILIO
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
${[
  'pv',
  'tm',
  'sl',
  'textops',
  'nathelper',
  'permissions',
  'auth',
  'htable',
  'ipops',
  'corex',
  'rr',
  'textopsx',
  'uac',
  'siptrace',
  'pike',
]
  .map((name) => `loadmodule "${name}.so"`)
  .join('\n')}
modparam("htable", "htable", "t=>size=4;")
modparam("uac", "restore_mode", "none")
modparam("siptrace", "duplicate_uri", "sip:127.0.0.1:9060")
modparam("siptrace", "hep_mode_on", 1)
modparam("siptrace", "trace_to_database", 0)
`;

const conditions = {
  'a text compared as a number': ['1 ieq "1"', '"1" ieq 1', '$var(a) ine "x"', '1 > "a"', '"a" < 1'],
  'a number compared as a text': ['1 eq 1', '1 =~ "1"', '1 == "1"'],
  'a text that is computed with': ['"a" - 1', '1 + "2"', '-"a"', '~"a"', '1 | "a"', '($var(a) + 1) * "2"'],
  'a text as a truth': ['!"a"', '1 && "a"', '"a" || 1'],
  'a number that is no text': ['strlen(1)', 'strempty(1)', 'defined 1'],
};
const fine = [
  ...[
    '1 ieq 1',
    '$var(a) ieq 1',
    '"1" eq 1',
    '"1" == 1',
    '$var(a) eq 1',
    '"a" =~ 1',
    '$var(a) =~ 1',
    '"a" + 1 == "a1"',
  ],
  ...[
    '(int)"12" > 3',
    '(str)12 eq "12"',
    'strlen($var(a)) > 1',
    '!$var(a) && $var(b)',
    '$var(a) + 1 ieq 2',
    '"a" eq "a"',
  ],
];

const refusedCalls = [
  ...['sl_send_reply("200");', 'sl_reply("200");', 'send_reply("200");'],
  ...['allow_register();', 'allow_trusted("10.0.0.1");', 'allow_address("1", "10.0.0.1");'],
  ...['add_contact_alias("10.0.0.1");', 'www_challenge("a");', 'auth_challenge();'],
  'xavp_slist_explode("a");',
  ...['t_reply("200");', 't_send_reply("200");', 't_relay("10.0.0.1");', 't_relay_to_udp("10.0.0.1");'],
  ...[
    't_relay_to_tcp("10.0.0.1");',
    't_relay_to_tls("10.0.0.1");',
    't_replicate_udp("10.0.0.1");',
    't_replicate_tcp();',
  ],
  ...['t_forward_nonack();', 't_forward_nonack("10.0.0.1");', 't_forward_nonack_udp();', 't_forward_nonack_tcp();'],
  ...['t_forward_nonack_tls("10.0.0.1");', 't_forward_nonack_uri("10.0.0.1", "5060");'],
  'exit; } failure_route[AGAIN] { uac_auth_mode();',
];
const fineCalls = [
  'sl_send_reply("200", "OK");',
  'send_reply("200", "OK");',
  'add_contact_alias();',
  'allow_trusted();',
  ...['t_reply("200", "OK");', 't_relay();', 't_relay("10.0.0.1", "5060");', 't_relay_to_udp();', 't_replicate();'],
  ...['t_forward_nonack("10.0.0.1", "5060");', 't_forward_nonack_uri();', 't_replicate_udp("10.0.0.1", "5060");'],
  ...['t_lookup_cancel();', 't_lookup_cancel(1);', 't_relay_to("10.0.0.1");'],
  'exit; } failure_route[AGAIN] { uac_auth(); uac_auth(1); uac_auth_mode(1);',
];

/** Calls in blocks where they are rare. */
const rare: readonly (readonly [block: string, calls: readonly string[]])[] = [
  [
    'onsend_route',
    [
      ...['sip_trace();', 'append_hf("X: 1\\r\\n");', 'remove_hf("X");', 'insert_hf("X: 1\\r\\n");', 'subst("/a/b/");'],
      ...['replace("a", "b");', 'replace_all("a", "b");', 'subst_body("/a/b/");', 'remove_body();', 'keep_hf("X");'],
    ],
  ],
  ['event_route[tm:branch-failure:AGAIN]', ['sip_trace();', 'append_hf("X: 1\\r\\n");']],
  [
    'reply_route',
    ['pike_check_req();', 'www_challenge("a", "0");', 'proxy_challenge("a", "0");', 'auth_challenge("a", "0");'],
  ],
  ['onreply_route[AGAIN]', ['pike_check_req();', 'auth_challenge("a", "0");', 'sip_trace();']],
];
const misplaced: readonly (readonly [block: string, call: string])[] = [
  ['onsend_route', 'set_body("a", "text/plain");'],
  ['onsend_route', 'pike_check_req();'],
  ['onsend_route', 'auth_challenge("a", "0");'],
  ['branch_route[AGAIN]', 'auth_challenge("a", "0");'],
];

describe.skipIf(!hasTool('kamailio'))('a script', () => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-verdicts-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function verdicts(statement: string): { readonly kamailio: boolean; readonly viaduct: boolean } {
    const text = `${prelude}request_route {\n  ${statement}\n}\n`;
    const path = join(folder, 'script.cfg');
    writeFileSync(path, text);
    const { stdout, stderr } = spawnSync(requireTool('kamailio'), ['-c', '-f', path], { encoding: 'latin1' });
    const made = compileConfig({ path, readFile: () => text }, registry, { globals: globalParams });
    return { kamailio: `${stdout}${stderr}`.includes('config file ok'), viaduct: made.kind === 'program' };
  }

  it.each(Object.entries(conditions))('with %s is refused by both', (_, tests) => {
    for (const test of tests) {
      expect({ test, ...verdicts(`if (${test}) exit;`) }).toEqual({ test, kamailio: false, viaduct: false });
    }
  });

  it('with operands that fit is accepted by both', () => {
    for (const test of fine) {
      expect({ test, ...verdicts(`if (${test}) exit;`) }).toEqual({ test, kamailio: true, viaduct: true });
    }
  });

  it.each(refusedCalls)('with %s has too few arguments for both', (call) => {
    expect(verdicts(call)).toEqual({ kamailio: false, viaduct: false });
  });

  it.each(rare)('with calls in %s that are rare there is accepted by both', (block, calls) => {
    for (const call of calls) {
      expect({ call, ...verdicts(`exit; } ${block} { ${call}`) }).toEqual({ call, kamailio: true, viaduct: true });
    }
  });

  it.each(misplaced)('with %s { %s } is refused by both', (block, call) => {
    expect(verdicts(`exit; } ${block} { ${call}`)).toEqual({ kamailio: false, viaduct: false });
  });

  it.each(fineCalls)('with %s is accepted by both', (call) => {
    expect(verdicts(call)).toEqual({ kamailio: true, viaduct: true });
  });
});
