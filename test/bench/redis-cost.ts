/** A private redis-server under a benchmark, and what it has done so far. */
import { RedisServer } from '../support/redis-server.ts';

export interface RedisCost {
  readonly cpuMicroseconds: number;
  /** As clients send them: those inside of scripts do not count. */
  readonly commands: number;
  /** Times it read from a connection: pipelined commands come in one, so this is round trips or fewer. */
  readonly reads: number;
}

/** What our own questions are. */
const QUESTIONS = new Set(['info', 'ping', 'client', 'hello', 'select']);

export interface OwnRedis {
  readonly redis: RedisServer;
  end(): Promise<void>;
}

/** Ends with this process, whatever becomes of it. */
export async function startRedis(): Promise<OwnRedis> {
  const redis = await RedisServer.start();
  const kill = (): void => void redis.kill();
  process.on('exit', kill);
  const end = async (): Promise<void> => {
    await redis.end();
    process.off('exit', kill);
  };
  return { redis, end };
}

export async function redisCost(redis: RedisServer): Promise<RedisCost> {
  const text = await redis.ask('INFO', 'everything');
  const value = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1] ?? 0);
  const calls = new Map<string, number>();
  for (const [, name = '', count] of text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) calls.set(name, Number(count));
  const scripts = (calls.get('eval') ?? 0) + (calls.get('evalsha') ?? 0);
  const all = [...calls].reduce((sum, [name, count]) => sum + (QUESTIONS.has(name) ? 0 : count), 0);
  return {
    cpuMicroseconds: 1e6 * (value('used_cpu_sys') + value('used_cpu_user')),
    commands: scripts > 0 ? scripts : all,
    reads: value('total_reads_processed'),
  };
}
