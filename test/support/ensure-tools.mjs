// Installs the Debian packages that the tests use, when it may; says which are missing when it may not.
// The list is tools.json beside this file, or the file named by the first argument.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const list = process.argv[2] ?? new URL('./tools.json', import.meta.url);
const tools = JSON.parse(readFileSync(list, 'utf8'));
const apt = ['-o', 'DPkg::Lock::Timeout=300', '-y', '--no-install-recommends'];
const policy = '/usr/sbin/policy-rc.d';

function allows(file, mode) {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

/** A program on the path, or a file of one in the folder that the entry names. */
function find(command, folder) {
  if (folder !== undefined) return allows(join(folder, command), constants.R_OK);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some((place) => place !== '' && allows(join(place, command), constants.X_OK));
}

const missing = () => tools.filter((tool) => !find(tool.command, tool.folder));

function say(text) {
  process.stderr.write(`tools: ${text}\n`);
}

/** Output goes to stderr, so that stdout stays the tests'. */
function run(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { env, stdio: ['ignore', 2, 2] }).status === 0;
}

/** Without this answer the packages would start a Redis and a Kamailio on their usual ports. */
function keepServicesStopped(work) {
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function install(wanted) {
  const packages = [...new Set(wanted.map((tool) => tool.package))];
  say(`installing ${packages.join(' ')}`);
  keepServicesStopped(() => {
    run(['update', '-q']);
    if (run(['install', '-q', ...apt, ...packages])) return;
    for (const name of packages) run(['install', '-q', ...apt, name]);
  });
}

const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version') && find('apt-get');
if (missing().length > 0 && mayInstall) install(missing());

const left = missing();
if (left.length > 0) {
  const names = left.map((tool) => `${tool.command} (Debian package ${tool.package}: ${tool.for})`).join(', ');
  const packages = [...new Set(left.map((tool) => tool.package))].join(' ');
  if (process.env.CI === 'true') {
    say(`missing: ${names}. Install them: apt-get install --no-install-recommends ${packages}`);
    process.exit(1);
  }
  say(`missing: ${names}. The tests that use them are skipped. To run them: apt-get install ${packages}`);
}
