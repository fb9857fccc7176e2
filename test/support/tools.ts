/** Which programs the tests may start. Under `CI=true` a missing one fails the run; elsewhere the tests that need it are skipped. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import tools from './tools.json' with { type: 'json' };

export type Tool = 'redis-server' | 'sipp' | 'kamailio' | 'tls.so' | 'topos_redis.so' | 'tshark' | 'openssl';

/** For `describe.skipIf(!hasTool('sipp'))`: false is only said where skipping is allowed, with the reason on stderr. */
export function hasTool(tool: Tool): boolean {
  if (toolPath(tool) !== undefined) return true;
  const reason = missingText(tool);
  if (process.env['CI'] === 'true') throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return false;
}

/** The path of a tool that the test has already asked for with `hasTool`. */
export function requireTool(tool: Tool): string {
  const path = toolPath(tool);
  if (path === undefined) throw new Error(missingText(tool));
  return path;
}

function missingText(tool: Tool): string {
  const entry = tools.find(({ command }) => command === tool);
  return `${tool} is missing (Debian package ${entry?.package ?? 'unknown'}: ${entry?.for ?? 'tests'})`;
}

export function toolPath(tool: string, path = process.env['PATH'] ?? ''): string | undefined {
  // No program of its own, but a file of one.
  const folder = tools.find(({ command }) => command === tool)?.folder;
  if (folder !== undefined) return [join(folder, tool)].find((file) => allows(file, constants.R_OK));
  const folders = [...path.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, tool))
    .find((file) => allows(file, constants.X_OK));
}

function allows(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
