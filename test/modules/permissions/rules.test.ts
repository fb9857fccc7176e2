/** Groups, permission files and tags of peers: what the real Kamailio 5.6.3 answered with the same tables and files. */
import { describe, expect, it } from 'vitest';
import { use } from '../../../src/engine/module.ts';
import { db_text } from '../../../src/modules/db_text/db_text.ts';
import { permissions } from '../../../src/modules/permissions/permissions.ts';
import { MAX_RULE_FILES } from '../../../src/modules/permissions/rule-files.ts';
import { MAX_RULES, parseRules } from '../../../src/modules/permissions/rule-text.ts';
import { H } from '../../../src/sip/header-names.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const ADDRESS = `id(int,auto) grp(int) ip_addr(string) mask(int) port(int) tag(string,null)
1:1:127.0.0.1:32:0:loop
2:2:10.0.0.0:8:0:ten
3:3:127.0.0.1:32:0:three
4:4:10.1.0.0:16:5060:ten1
5:5:10.1.2.3:32:0:host
6:6:example.org:32:0:
7:7:127.0.0.0:8:0:net7
`;
const TRUSTED = `id(int,auto) src_ip(string) proto(string) from_pattern(string,null) ruri_pattern(string,null) tag(string,null) priority(int)
1:10.0.0.1:tcp:::low:1
2:10.0.0.1:any:::high:2
`;
const files = {
  '/db/address': ADDRESS,
  '/db/trusted': TRUSTED,
  'permissions.allow': '# who may do what\n"^sip:alice@" : "^sip:ok" EXCEPT "^sip:okno"\nALL : "^sip:all@"\n',
  'permissions.deny': 'ALL : ALL\n',
  '/etc/reg.allow': 'ALL : "^sip:.*@192\\.168\\."\n',
  '/etc/reg.deny': 'ALL : ALL\n',
  '/etc/uri.yes': '"^sip:alice@example.com$", "carol" : "^sip:bob"\n',
  '/etc/uri.no': 'ALL : ALL\n',
  '/etc/broken.allow': 'ALL "x"\n',
  '/etc/broken.deny': '"(" : ALL\n',
};
const tables = [db_text, use(permissions, { db_url: 'text:///db', peer_tag_avp: 'tag' })] as const;
const rig = await moduleRig(tables, { files });
const fn = rig.modules.permissions;

describe('the group of an address', () => {
  it.each([
    ['127.0.0.1', 5060, 3, 'three'],
    ['10.1.2.3', 5060, 5, 'host'],
    ['10.1.9.9', 5060, 2, 'ten'],
    ['127.9.9.9', 1, 7, 'net7'],
    ['11.2.2.2', 0, -1, undefined],
    ['example.org', 0, 6, undefined],
  ])('%s:%d is %d: hosts first, the last of them; then networks, the lowest group', (address, port, group, tag) => {
    const ctx = rig.request(written());
    expect([fn.addressGroup(ctx, address, port), ctx.state.avps.get('tag')?.[0]]).toEqual([group, tag]);
  });

  it('is that of the source', () => {
    expect(fn.sourceGroup(rig.request(written(), { address: '127.0.0.1' }))).toBe(3);
    expect(fn.sourceGroup(rig.request(written(), { address: '8.8.8.8' }))).toBe(-1);
  });
});

describe('allow_routing', () => {
  const asked = (uri: string, from = 'sip:alice@example.com:5060;x=y') => {
    const ctx = rig.request(written());
    ctx.message.uri = uri;
    ctx.message.headers.set(H.From, `<${from}>;tag=1`);
    return ctx;
  };

  it.each([
    ['sip:ok@x', 'sip:alice@example.com', true],
    ['sip:okno@x', 'sip:alice@example.com', false],
    ['sip:ok@x', 'sip:zed@example.com', false],
    ['sip:all@x', 'sip:zed@example.com', true],
    ['tel:+1', 'sip:alice@example.com', false],
  ])('to %s from %s: %s', async (uri, from, expected) => {
    expect(await fn.allowRouting(asked(uri, from))).toBe(expected);
    expect(await fn.allowRouting(asked(uri, from), 'permissions')).toBe(expected);
    expect(await fn.allowRouting(asked(uri, from), 'permissions.allow', 'permissions.deny')).toBe(expected);
  });

  it('needs every branch, unless check_all_branches is off', async () => {
    const forked = asked('sip:ok@x');
    forked.appendBranch('sip:okno@x');
    expect(await fn.allowRouting(forked)).toBe(false);
    const first = await moduleRig([db_text, use(permissions, { check_all_branches: 0 })], { files });
    expect(await first.modules.permissions.allowRouting(forked)).toBe(true);
  });

  it('allows what no file says anything about', async () => {
    expect(await fn.allowRouting(asked('sip:x@y'), '/etc/nowhere')).toBe(true);
  });

  it('waits for a file once', async () => {
    const other = await moduleRig([db_text, permissions], { files });
    const first = other.modules.permissions.allowRouting(asked('sip:ok@x'));
    expect(first).toBeInstanceOf(Promise);
    await first;
    expect(other.modules.permissions.allowRouting(asked('sip:ok@x'))).toBe(true);
  });

  it('denies when a file cannot be used, and says which line', async () => {
    const other = await moduleRig([db_text, permissions], { files });
    expect(await other.modules.permissions.allowRouting(asked('sip:ok@x'), '/etc/broken')).toBe(false);
    expect(other.log.filter(({ level }) => level === 'error').map(({ fields }) => fields)).toEqual([
      { path: '/etc/broken.allow', line: 1, why: 'expected: list : list' },
      { path: '/etc/broken.deny', line: 1, why: expect.stringContaining('"(" is no regular expression: ') },
    ]);
  });

  it('keeps a bounded number of files, and reads further ones each time', async () => {
    const other = await moduleRig([db_text, permissions]);
    const allowed = (index: number) => other.modules.permissions.allowRouting(asked('sip:ok@x'), 'a', `deny ${index}`);
    for (let i = 0; i < MAX_RULE_FILES - 1; i++) await allowed(i);
    expect(allowed(0)).toBe(true);
    expect(await allowed(MAX_RULE_FILES)).toBe(true);
    expect(allowed(MAX_RULE_FILES)).toBeInstanceOf(Promise);
  });
});

it.each([
  ['<sip:a@192.168.1.1>', true],
  ['<sip:a@192.168.1.1:5070;x=y>, <sip:b@192.168.1.2>', true],
  ['<sip:a@192.168.1.1>, <sip:b@1.1.1.1>', false],
  ['<mailto:a@192.168.1.1>', false],
  ['<sip:a@192.168.1.1', false],
  ['*', true],
  [undefined, true],
])('allow_register of Contact %s: %s', async (contact, expected) => {
  const ctx = rig.request(written());
  ctx.message.headers.remove(H.Contact);
  if (contact !== undefined) ctx.message.headers.append(H.Contact, contact);
  expect(await fn.allowRegister(ctx, '/etc/reg')).toBe(expected);
});

it('allow_uri holds a URI of the route against the caller, with suffixes of its own', async () => {
  const suffixes = { allow_suffix: '.yes', deny_suffix: '.no' };
  const other = await moduleRig([db_text, use(permissions, suffixes)], { files });
  const allowed = (uri: string) => other.modules.permissions.allowUri(other.request(written()), '/etc/uri', uri);
  expect([await allowed('sip:bobby'), await allowed('sip:carol'), await allowed('')]).toEqual([true, false, false]);
  const tested = (who: string) => other.rpc('permissions.testUri', '/etc/uri', who, 'sip:bob');
  expect([await tested('sip:carol@x'), await tested('sip:dave@x')]).toEqual(['Allowed', 'Denied']);
  await expect(other.rpc('permissions.allowUri', '/etc/uri', 'sip:alice@h', 'sip:bob')).resolves.toBe(
    await tested('sip:alice@h'),
  );
  await expect(other.rpc('permissions.testUri', '/etc/uri')).rejects.toThrow('Not enough parameters');
});

describe('a permission file', () => {
  it.each([
    ['', []],
    ['# nothing\n\n  # either', []],
    ['ALL : ALL # all', [[undefined, [], undefined, []]]],
    ['"a","b" EXCEPT "c" : ALL EXCEPT "d" , "e"', [[['a', 'b'], ['c'], undefined, ['d', 'e']]]],
    ['"a\\"b:#" : "x"', [[['a\\"b:#'], [], ['x'], []]]],
  ])('%j is read', (text, expected) => {
    const parsed = parseRules(text);
    const rules = parsed.kind === 'rules' ? parsed.rules : [];
    expect(parsed.kind).toBe('rules');
    const texts = (patterns: readonly { text: string }[] | undefined) => patterns?.map((pattern) => pattern.text);
    const shown = rules.map((rule) => [rule.left, rule.leftExcept, rule.right, rule.rightExcept].map(texts));
    expect(shown).toEqual(expected);
  });

  it.each([
    ['ALL', 'expected: list : list'],
    ['ALL : ', 'a list is incomplete'],
    ['"a", : ALL', 'a list is incomplete'],
    ['"a" : ALL : ALL', 'expected ALL or'],
    ['some : ALL', 'expected ALL or "..."'],
    ['ALL : "a" EXCEPT ALL', 'ALL is no exception'],
    ['ALL : "a', 'no list'],
  ])('%j is malformed: %s', (text, message) => {
    expect(parseRules(`ALL : ALL\n${text}`)).toMatchObject({
      kind: 'malformed',
      line: 2,
      message: expect.stringContaining(message),
    });
  });

  it('has a limited number of rules', () => {
    expect(parseRules('ALL : ALL\n'.repeat(MAX_RULES)).kind).toBe('rules');
    expect(parseRules('ALL : ALL\n'.repeat(MAX_RULES + 1))).toMatchObject({ kind: 'malformed', line: MAX_RULES + 1 });
  });
});

describe('trusted peers', () => {
  it('fit any transport when that is what is asked for', () => {
    expect(fn.allowTrusted(rig.request(written()), '10.0.0.1', 'any')).toBe(true);
  });

  it('leave the tag of the first, or of all that fit', async () => {
    const tags = async (peer_tag_mode: 'first' | 'all') => {
      const params = { db_url: 'text:///db', peer_tag_avp: 'tag', peer_tag_mode };
      const other = await moduleRig([db_text, use(permissions, params)], { files });
      const ctx = other.request(written());
      other.modules.permissions.allowTrusted(ctx, '10.0.0.1', 'tcp');
      return ctx.state.avps.get('tag');
    };
    expect([await tags('first'), await tags('all')]).toEqual([['high'], ['low', 'high']]);
  });

  it('are shown as Kamailio shows them', async () => {
    const item = { ip: '10.0.0.1', proto: 2, pattern: 'NULL', ruri_pattern: 'NULL', tag: 'low', priority: 1 };
    expect(rig.rpc('permissions.trustedDump')).toContainEqual({ table: 0, item });
    expect(await rig.rpc('permissions.trustedReload')).toBe('Reload OK');
  });
});
