/** What happens when a tool of the tests is missing: a failure under CI, a skip with its reason elsewhere. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolPath } from './tools.ts';

const script = fileURLToPath(new URL('./ensure-tools.mjs', import.meta.url));
const shell = toolPath('sh') ?? '/bin/sh';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-tools-'));
const list = join(folder, 'tools.json');

beforeAll(() => {
  const tools = ['first', 'second'].map((name) => ({ command: `no-${name}`, package: `pkg-${name}`, for: 'a test' }));
  writeFileSync(list, JSON.stringify(tools));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the script as a user who may not install anything. */
function runWithoutTools(ci: string | undefined) {
  const asUser = `data:text/javascript,${encodeURIComponent('process.getuid = () => 1000;')}`;
  const env = { ...process.env, CI: ci, NODE_OPTIONS: '' };
  return spawnSync(process.execPath, ['--import', asUser, script, list], { env, encoding: 'utf8' });
}

describe('a tool of the tests', () => {
  it('is found on the path', () => {
    expect(toolPath('sh', shell.replace(/\/sh$/, ''))).toBe(shell);
  });

  it('may be a file of a program, in its folder', () => {
    expect(toolPath('tls.so', '')).toBe(toolPath('tls.so'));
    expect(toolPath('tls.so') ?? '/tls.so').toMatch(/\/tls\.so$/);
  });

  it('is unknown when no folder has it', () => {
    expect(toolPath('no-such-program')).toBeUndefined();
  });

  it('is named with its package when it is missing under CI, and the run fails', () => {
    const { status, stderr } = runWithoutTools('true');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /missing: no-first \(Debian package pkg-first: a test\), no-second \(Debian package pkg-second/,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('is a notice elsewhere', () => {
    const { status, stderr } = runWithoutTools(undefined);
    expect(status).toBe(0);
    expect(stderr).toContain('are skipped');
  });
});
