/** Expressions of running scripts. The expectations are what Kamailio 5.6.3 gave to the same script. */
import { describe, expect, it } from 'vitest';
import { run } from './cfg-stage.ts';

/** Each condition runs in one script; the answers come in order. */
async function truths(before: string, conditions: readonly string[]): Promise<readonly boolean[]> {
  const tests = conditions.map((condition) => `if (${condition}) xlog("T"); else xlog("F");`);
  const said = await run(`${before}\n${tests.join('\n')}`);
  return said.map((line) => line === 'T');
}

async function expectTruths(before: string, table: readonly (readonly [string, boolean])[]): Promise<void> {
  const given = await truths(
    before,
    table.map(([condition]) => condition),
  );
  expect(table.map(([condition], i) => [condition, given[i]])).toEqual(table);
}

async function expectValues(before: string, table: readonly (readonly [string, string])[]): Promise<void> {
  const lines = table.map(([value]) => `$var(x) = ${value}; xlog("$var(x)");`);
  const given = await run(`${before}\n${lines.join('\n')}`);
  expect(table.map(([value], i) => [value, given[i]])).toEqual(table);
}

const VARS = '$var(z) = 0; $var(f) = 5; $var(e) = ""; $var(s) = "12"; $var(t) = "012"; $var(i) = 12; $var(m) = -1;';

describe('comparisons', () => {
  it('convert the right side to the type of the left one', () =>
    expectTruths(VARS, [
      ['$var(z) == ""', false],
      ['$var(z) != ""', false],
      ['$var(z) == "0"', true],
      ['$var(f) == ""', false],
      ['$var(f) != ""', true],
      ['$var(f) == "5abc"', false],
      ['$var(f) == "05"', true],
      ['$var(e) == ""', true],
      ['$var(e) != ""', false],
      ['$var(s) == 12', true],
      ['$var(s) == "012"', false],
      ['$var(t) == 12', false],
      ['$var(i) == $var(t)', true],
      ['$var(t) == $var(i)', false],
      ['12 == $var(t)', true],
      ['"12" == $var(i)', true],
    ]));

  it('take what is not there for empty or 0', () =>
    expectTruths('', [
      ['$avp(no) == ""', true],
      ['$avp(no) == 0', true],
      ['$avp(no) == $avp(no2)', true],
      ['$rU == $null', false],
      ['$avp(no) == $null', true],
      ['$avp(no) != $null', false],
      ['defined $avp(no)', false],
      ['defined $rU', true],
      ['strempty($avp(no))', true],
      ['strempty($rU)', false],
      ['strlen($rU) == 3', true],
    ]));

  it('regard case, except those with =~ and the keyword tests', () =>
    expectTruths('', [
      ['$rU == "BOB"', false],
      ['$rU == "bob"', true],
      ['$rU =~ "^BOB$"', true],
      ['$var(i) =~ "0"', true],
      ['uri == "SIP:BOB@10.0.0.3:5060"', true],
      ['uri =~ "SIP:B"', true],
      ['method == "options"', true],
      ['method == OPTIONS', true],
      ['method != INVITE', true],
      ['method =~ "OPT"', true],
      ['$rU > $fU', false],
      ['$rU eq "bob"', true],
      ['$rU ne "bob"', false],
      ['$var(i) ieq 0', true],
    ]));
});

describe('conditions', () => {
  it('are true above 0, and any other than 0 inside of && || and !', () =>
    expectTruths(`${VARS} $var(w) = "abc";`, [
      ['$var(t)', true],
      ['$var(w)', false],
      ['!$var(w)', true],
      ['$var(w) == "abc" && $var(w)', false],
      ['$var(m)', false],
      ['$var(m) && $var(f)', true],
      ['!$var(m)', false],
      ['$var(m) || 0', true],
      ['$var(z) || $var(z)', false],
      ['-1', false],
      ['1', true],
      ['not 0', true],
      ['1 and 1', true],
      ['0 or 1', true],
    ]));

  it('do not look further than they have to', async () => {
    const said = await run(
      'if (0 && route(SAY)) xlog("no"); if (1 || route(SAY)) xlog("yes");',
      'route[SAY] { xlog("said"); }',
    );
    expect(said).toEqual(['yes']);
  });

  it('can be assignments, which are true', async () => {
    expect(await run('if ($var(neg) = -1) xlog("T $var(neg)");')).toEqual(['T -1']);
  });

  it('look at addresses, ports, sizes and protocols', () =>
    expectTruths('', [
      ['src_ip == 10.0.0.2', true],
      ['src_ip == 10.0.0.0/8', true],
      ['src_ip == 10.0.0.0/255.255.255.0', true],
      ['src_ip == 11.0.0.0/8', false],
      ['src_ip == "10.0.0.2"', true],
      ['src_ip != 10.0.0.3', true],
      ['src_ip =~ "^10[.]"', true],
      ['src_ip == myself', false],
      ['dst_ip == myself', true],
      ['dst_ip == 10.0.0.1', true],
      ['src_port == 5060', true],
      ['dst_port > 5000', true],
      ['proto == udp', true],
      ['proto == UDP', true],
      ['proto != tls', true],
      ['af == inet', true],
      ['msg:len > 100', true],
      ['msg:len < max_len', true],
      ['uri == myself', false],
      ['from_uri == myself', false],
      ['from_uri =~ "alice"', true],
      ['to_uri =~ "bob"', true],
    ]));
});

describe('values', () => {
  it('are added as numbers or joined as texts, by the left type', () =>
    expectValues(VARS, [
      ['$var(i) + "3"', '15'],
      ['$var(s) + 3', '123'],
      ['$avp(no) + 3', '3'],
      ['"a" + 1 + 2', 'a12'],
      ['1 + 2', '3'],
      ['$(ru{s.len}) + 1', '22'],
    ]));

  it('are calculated as whole numbers', () =>
    expectValues('', [
      ['-7 / 2', '-3'],
      ['-7 mod 2', '-1'],
      ['1 << 2 + 1', '8'],
      ['6 & 3 == 3', '0'],
      ['6 | 1', '7'],
      ['6 ^ 3', '5'],
      ['~0', '-1'],
      ['1 << 40', '1099511627776'],
      ['-16 >> 2', '-4'],
      ['2 * 3 - 1', '5'],
      ['1 && -1', '1'],
      ['("a" == "A")', '0'],
      ['!0 == 1', '1'],
      ['selval(1 == 1, "yes", "no")', 'yes'],
      ['selval(1 == 2, "yes", "no")', 'no'],
      ['(int)"12" + 1', '13'],
      ['(str)12 + 1', '121'],
    ]));

  it('stay when a division by zero was to replace them', async () => {
    expect(await run('$var(zz) = 0; $var(x) = -1; $var(x) = 5 / $var(zz); xlog("$var(x)");')).toEqual(['-1']);
  });

  it('are removed by $null', async () => {
    const said = await run(
      '$avp(a) = 1; $avp(a) = 2; $avp(a) = $null; xlog("$avp(a) $(avp(a)[*])"); $avp(a) = $null; xlog("$avp(a)");',
    );
    expect(said).toEqual(['1 1', '<null>']);
  });
});

describe('texts', () => {
  it('have pseudo-variables in arguments, and only there', async () => {
    const said = await run('$var(x) = "a $rU"; xlog("$var(x) cost $$5 [$avp(none)] [$var(nope)] $(rU{s.toupper})");');
    expect(said).toEqual(['a $rU cost $5 [<null>] [0] BOB']);
  });

  it('are not searched again for what a peer wrote into them', async () => {
    const said = await run(
      '$var(x) = "$" + "si"; xlog("$var(x)"); xlog("L_ERR", $var(x)); xlog("L_ERR", "a" + $var(x));',
    );
    expect(said).toEqual(['$si', '$si', 'a$si']);
  });

  it('take expressions where Kamailio wants a constant', async () => {
    const said = await run(
      '$var(m) = "OPTIONS"; if (is_method($var(m))) xlog("is"); if (is_method("INV" + "ITE")) xlog("no");',
    );
    expect(said).toEqual(['is']);
  });

  it('nest, index and transform', async () => {
    const said = await run(
      '$var(i) = 1; $avp(l) = "a"; $avp(l) = "b"; xlog("$(avp(l)[$var(i)]) $(avp(l)[0]) $(hdr(From){nameaddr.uri}) $(var(i){s.len})");',
    );
    expect(said).toEqual(['a b sip:alice@example.com 1']);
  });

  it('read defines, custom parameters and the environment', async () => {
    const said = await run(
      'xlog("$def(WHO) $sel(cfg_get.pstn.gw) $version(num)"); if (@cfg_get.pstn.port == 7) xlog("seven"); $var(x) = @cfg_get.pstn.port + 1; xlog("$var(x)");',
      '#!define WHO me\npstn.gw = "10.0.0.9" desc "x"\npstn.port = 7\n',
    );
    expect(said).toEqual(['me 10.0.0.9 6.1.0', 'seven', '71']);
  });
});
