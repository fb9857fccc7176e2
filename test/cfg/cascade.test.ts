/** One mistake, few messages: what is left out of Debian's kamailio.cfg is told, and little that only follows from it. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../src/cfg/compile.ts';
import { globalParams, registry } from '../../src/cli/registry.ts';

const FILE = '/etc/kamailio/kamailio.cfg';
/** Each so-manyth word or sign is left out, once alone. */
const STRIDE = 29;
const MOST = 8;

describe.skipIf(!existsSync(FILE))('a word or a sign that is missing', () => {
  const text = readFileSync(FILE, 'latin1');
  const defines = ['WITH_AUTH', 'WITH_NAT', 'WITH_ANTIFLOOD', 'WITH_PSTN', 'DBURL="text:///x"'];
  const messagesOf = (changed: string): readonly string[] => {
    const input = { path: FILE, readFile: (path: string) => (path === FILE ? changed : undefined), defines };
    return compileConfig(input, registry, { globals: globalParams }).diagnostics.map(
      ({ code, message }) => `${code} ${message}`,
    );
  };

  it('has few consequences', () => {
    const before = new Set(messagesOf(text));
    const tokens = [...text.matchAll(/\w+|"[^"\n]*"|[(){};,=[\]]/g)].filter(
      ({ index }, turn) => turn % STRIDE === 0 && index > text.indexOf('Global Parameters'),
    );
    const counts = tokens.map(({ index, 0: token }) => {
      const made = messagesOf(text.slice(0, index) + text.slice(index + token.length));
      return made.filter((message) => !before.has(message)).length;
    });
    expect(counts.length).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThanOrEqual(MOST);
    expect(counts.filter((count) => count > 3).length / counts.length).toBeLessThan(0.03);
  });
});
