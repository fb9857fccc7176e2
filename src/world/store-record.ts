/** A record as the store keeps it: `1 version expires value`, where 1 is the version of this form. */
import { createHash } from 'node:crypto';
import type { StoredRecord } from './store.ts';

export const recordText = ({ version, expires, value }: StoredRecord): string => `1 ${version} ${expires} ${value}`;

const RECORD = /^1 (\d{1,16}) (\d{1,16}) /;

/** undefined for what is not a record of ours. */
export function readRecord(text: string): StoredRecord | undefined {
  const head = RECORD.exec(text);
  if (head === null) return undefined;
  return { version: Number(head[1]), expires: Number(head[2]), value: text.slice(head[0].length) };
}

/** Sent by its hash; the text only to a server that does not know it yet. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** A script with its arguments: the number of keys, the keys, the rest. */
export interface Call {
  readonly script: Script;
  readonly args: readonly [keys: number, ...(string | number)[]];
}

/** The call as the server reads it. */
export function callText({ script: { sha }, args }: Call): string {
  let text = `*${args.length + 2}\r\n$7\r\nEVALSHA\r\n$${sha.length}\r\n${sha}\r\n`;
  for (const arg of args) {
    const value = String(arg);
    text += `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
  }
  return text;
}

const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') });

/**
 * The writes, atomic on the server. KEYS: the key. ARGV: the record, milliseconds to live and, for a key with fields, the
 * field and the time in milliseconds; or, to remove it, the version and the field. They give 1, or 0 when what is there is
 * newer. What is no record is replaced.
 */
const NEWER = `
local function versionOf(text)
  return type(text) == 'string' and tonumber(string.match(text, '^1 (%d+) '))
end
local function newer(old, own)
  local version = versionOf(old)
  return version and version > own
end`;

/** Several keys, with as many pairs in ARGV. Gives the places of those that hold something newer, from 1. */
export const PUT = script(`${NEWER}
local older = {}
for at = 1, #KEYS do
  local record = ARGV[2 * at - 1]
  if newer(redis.pcall('GET', KEYS[at]), versionOf(record)) then
    older[#older + 1] = at
  else
    redis.call('SET', KEYS[at], record, 'PX', ARGV[2 * at])
  end
end
return older`);

/** Fields of one key before the expired ones among them are looked for. */
const CROWDED = 64;

export const PUT_FIELD = script(`${NEWER}
if newer(redis.call('HGET', KEYS[1], ARGV[3]), versionOf(ARGV[1])) then return 0 end
local left = redis.call('PTTL', KEYS[1])
redis.call('HSET', KEYS[1], ARGV[3], ARGV[1])
if left < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if redis.call('HLEN', KEYS[1]) > ${CROWDED} then
  local all = redis.call('HGETALL', KEYS[1])
  for at = 1, #all, 2 do
    local expires = tonumber(string.match(all[at + 1], '^1 %d+ (%d+) '))
    if expires and expires <= tonumber(ARGV[4]) then redis.call('HDEL', KEYS[1], all[at]) end
  end
end
return 1`);

export const DROP = script(`${NEWER}
if newer(redis.pcall('GET', KEYS[1]), tonumber(ARGV[1])) then return 0 end
redis.call('DEL', KEYS[1])
return 1`);

export const DROP_FIELD = script(`${NEWER}
if newer(redis.call('HGET', KEYS[1], ARGV[2]), tonumber(ARGV[1])) then return 0 end
redis.call('HDEL', KEYS[1], ARGV[2])
return 1`);

/** Gives the milliseconds to live, as PTTL does, and the text, if there is one. */
export const LOOK = script(`
return { redis.call('PTTL', KEYS[1]), redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1]) }`);

/**
 * A hash that others wrote, as fields and values in turn. ARGV: most fields, most bytes. Gives 0 when it is not there any
 * more, and 1 when it is something else or too large.
 */
export const HASH = script(`
local type = redis.call('TYPE', KEYS[1]).ok
if type == 'none' then return 0 end
if type ~= 'hash' or redis.call('HLEN', KEYS[1]) > tonumber(ARGV[1]) then return 1 end
local all = redis.call('HGETALL', KEYS[1])
local bytes = 0
for at = 1, #all do bytes = bytes + #all[at] end
if bytes > tonumber(ARGV[2]) then return 1 end
return all`);

export const SCRIPTS: readonly Script[] = [PUT, PUT_FIELD, DROP, DROP_FIELD, LOOK, HASH];
