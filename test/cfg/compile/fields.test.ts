/** Parameters that are `name=value` with pseudo-variables: how they are read, and acc's log_extra from file to line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFields } from '../../../src/cfg/compile/fields.ts';
import { compileConfig } from '../../../src/cfg/compile.ts';
import { formatDiagnostics } from '../../../src/cfg/diagnostics.ts';
import { globalParams, registry } from '../../../src/cli/registry.ts';
import { BOB, cfgStage } from '../cfg-stage.ts';
import { inputOf } from '../reading.ts';

const fieldsOf = (text: string) => readFields(text, () => true);

describe('readFields', () => {
  it.each([
    ['a=$fu', [['a', '$fu']]],
    [
      ' a = $fu ; b=text;; ',
      [
        ['a', '$fu'],
        ['b', 'text'],
      ],
    ],
    [
      'p=$(ru{param.value,x,;});q=$(ct{re.subst,/=.*$//})',
      [
        ['p', '$(ru{param.value,x,;})'],
        ['q', '$(ct{re.subst,/=.*$//})'],
      ],
    ],
    ['x==y', [['x', '=y']]],
    ['', []],
  ])('reads %j', (text, fields) => {
    const read = fieldsOf(text);
    expect(read.kind === 'read' && read.fields.map(({ name, value }) => [name, value])).toEqual(fields);
  });

  it.each([
    ['just text', 0],
    ['a=1;=2', 4],
  ])('says where %j is not of the form', (text, at) => {
    expect(fieldsOf(text)).toMatchObject({ kind: 'wrong', problem: { at } });
  });

  it('says of each value where it is in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', ';', '$', '(', ')', '{', '}', ' ') }), (text) => {
        const read = fieldsOf(text);
        if (read.kind === 'wrong') return;
        for (const { value, at } of read.fields) expect(text.slice(at, at + value.length)).toBe(value);
      }),
    );
  });
});

/** The line of acc for a call that bob refuses. */
async function record(params: string, statements = ''): Promise<string | undefined> {
  const stage = await cfgStage(`loadmodule "acc.so"
    ${params}
    request_route { setflag(1); ${statements} t_relay(); }`);
  stage.bob.on('INVITE', (request, ua) => ua.reply(request, 486));
  stage.alice.invite(BOB, { from: '<sip:alice@example.com>;tag=A' });
  await stage.sim.runFor(2_000);
  return stage.logged.find((line) => line.includes('ACC: '));
}

const FLAGS = 'modparam("acc", "log_flag", 1) modparam("acc", "failed_transaction_flag", 1)';

describe('log_extra of a kamailio.cfg', () => {
  it('takes every pseudo-variable, transformations, and texts', async () => {
    const line = await record(
      `${FLAGS} modparam("acc", "log_extra", "u=$(fu{uri.user});code=$T_reply_code;a=$avp(x);n=$avp(no);"
        "m=$(ru{uri.host}{s.len});t=text;w=$si:$sp")`,
      '$avp(x) = "first"; $avp(x) = 7;',
    );
    expect(line).toMatch(/;u=alice;code=486;a=7;n=;m=8;t=text;w=10\.0\.0\.2:5060$/);
  });

  it('reads custom parameters as they are when the record is written', async () => {
    const line = await record(
      `${FLAGS} site.name = "west" modparam("acc", "log_extra", "site=$sel(cfg_get.site.name)")`,
    );
    expect(line).toMatch(/;site=west$/);
  });

  it('comes before db_extra', async () => {
    const line = await record(
      `${FLAGS} modparam("acc", "log_extra", "a=$fU") modparam("acc", "db_extra", "a=$tU;b=$rm")`,
    );
    expect(line).toMatch(/;a=alice;b=INVITE$/);
  });
});

describe('what cannot be read', () => {
  const check = (extra: string): string => {
    const text = `loadmodule "tm.so"\nloadmodule "pv.so"\nloadmodule "acc.so"\nmodparam("acc", "log_extra", "${extra}")\nrequest_route { exit; }\n`;
    const made = compileConfig(inputOf(text), registry, { globals: globalParams });
    return formatDiagnostics(made.sources, made.diagnostics);
  };
  it.each([
    ['a=$fU;b=$fUU', ':4:39: error: there is no pseudo-variable $fUU'],
    ['a=$(fU{s.lenn})', ':4:38: error: there is no transformation s.lenn'],
    ['nothing', ':4:31: error: in log_extra: nothing is not of the form name=value'],
    [Array.from({ length: 65 }, (_, i) => `f${i}=x`).join(';'), 'log_extra has more than 64 fields'],
  ])('is said of %s at its place', (extra, message) => {
    expect(check(extra)).toContain(message);
  });

  it('is nothing with 64 fields', () => {
    expect(check(Array.from({ length: 64 }, (_, i) => `f${i}=x`).join(';'))).toBe('');
  });
});
