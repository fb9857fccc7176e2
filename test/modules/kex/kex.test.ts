/** kex: as the real Kamailio 5.6.3 answered; where we differ the title says so. */
import { expect, it } from 'vitest';
import { kex } from '../../../src/modules/kex/kex.ts';
import { written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

const rig = await moduleRig([kex]);
const fn = rig.modules.kex;

it('sets, clears and tests flags of the branch and of the script', () => {
  const ctx = rig.request(written());
  fn.setBranchFlag(ctx, 3);
  fn.setScriptFlag(ctx, 31);
  expect([fn.isBranchFlagSet(ctx, 3), fn.isBranchFlagSet(ctx, 4), fn.isScriptFlagSet(ctx, 31)]).toEqual([
    true,
    false,
    true,
  ]);
  fn.resetBranchFlag(ctx, 3);
  fn.resetScriptFlag(ctx, 31);
  expect([fn.isBranchFlagSet(ctx, 3), fn.isScriptFlagSet(ctx, 31)]).toEqual([false, false]);
});

it('knows the flags of branches that were appended', () => {
  const ctx = rig.request(written());
  expect([fn.setBranchFlag(ctx, 5, 1), fn.isBranchFlagSet(ctx, 5, 1)]).toEqual(['noBranch', false]);
  ctx.appendBranch();
  expect([fn.setBranchFlag(ctx, 5, 1), fn.isBranchFlagSet(ctx, 5, 1), fn.isBranchFlagSet(ctx, 5)]).toEqual([
    'set',
    true,
    false,
  ]);
  expect([fn.resetBranchFlag(ctx, 5, 1), fn.isBranchFlagSet(ctx, 5, 1)]).toEqual(['reset', false]);
});

it('sets and forgets the destination, but none that is no SIP URI (Kamailio takes anything)', () => {
  const ctx = rig.request(written());
  expect([fn.isDstUriSet(ctx), fn.setDstUri(ctx, 'garbage'), fn.setDstUri(ctx, 'sip:1.2.3.4:5070')]).toEqual([
    false,
    'malformed',
    'set',
  ]);
  expect([fn.isDstUriSet(ctx), ctx.destination.uri]).toEqual([true, 'sip:1.2.3.4:5070']);
  fn.resetDstUri(ctx);
  expect(fn.isDstUriSet(ctx)).toBe(false);
});

it.each([
  ['sip:10.0.0.10:15060', true],
  ['sip:x@10.0.0.10:15060;transport=tcp', true],
  ['sip:x@10.0.0.10:15060;transport=tls', false],
  ['sip:10.0.0.12', true],
  ['sip:10.0.0.10', true],
  ['sip:10.0.0.10:15061', false],
  ['10.0.0.12', true],
  ['10.0.0.10:15060', true],
  ['sip:example.com', false],
  ['garbage::', false],
])('isMyself(%s) is %s', (text, expected) => {
  expect(fn.isMyself(rig.request(written()), text)).toBe(expected);
});

it('prints a text into a pseudo-variable', () => {
  const prints: unknown[] = [];
  const place = { name: '$var(x)', read: () => null, write: (_: unknown, value: unknown) => void prints.push(value) };
  expect([fn.printTo(rig.request(written()), place, 'text'), ...prints]).toEqual(['printed', 'text']);
});

it('gives an identifier that no other read gives', () => {
  const ctx = rig.request(written());
  const ids = Array.from({ length: 100 }, () => rig.read(ctx, 'sruid'));
  expect(new Set(ids).size).toBe(100);
  expect(ids[0]).toMatch(/^srid-[0-9a-f]+-[0-9a-f]+-1$/);
});
