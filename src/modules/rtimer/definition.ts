/** Timers as the parameters of rtimer describe them: `name=t;interval=10;mode=1;` and `timer=t;route=CHECK`. */
import { ViaductError } from '../../errors.ts';

/** The shortest interval. */
export const MIN_INTERVAL_MS = 10;
const MAX_INTERVAL_MS = 2_147_483_000;

export interface TimerDefinition {
  readonly name: string;
  readonly intervalMs: number;
}

export interface ExecDefinition {
  readonly timer: string;
  readonly route: string;
}

const INTERVAL = /^(\d{1,10})(u?)$/;

/** Microseconds have a `u` behind them. */
export function parseTimer(text: string, defaultSeconds: number): TimerDefinition {
  const parts = attributes(text, ['name', 'interval', 'mode']);
  const name = parts.get('name') ?? '';
  const [, digits = '', unit] = INTERVAL.exec(parts.get('interval') ?? String(defaultSeconds)) ?? [];
  const intervalMs = Number(digits) * (unit === 'u' ? 0.001 : 1000);
  if (name === '') throw refused(text, 'it has no name');
  if (digits === '' || intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) {
    throw refused(text, `interval takes seconds, or microseconds with a u, from ${MIN_INTERVAL_MS} ms on`);
  }
  return { name, intervalMs };
}

export function parseExec(text: string): ExecDefinition {
  const parts = attributes(text, ['timer', 'route']);
  const [timer, route] = [parts.get('timer') ?? '', parts.get('route') ?? ''];
  if (timer === '' || route === '') throw refused(text, 'expected timer=name;route=name');
  return { timer, route: route.replace(/^["']|["']$/g, '') };
}

function attributes(text: string, known: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(equals, 0)).trim();
    if (!known.includes(key)) throw refused(text, `expected ${known.join('=, ')}=`);
    found.set(key, part.slice(equals + 1).trim());
  }
  return found;
}

const refused = (text: string, why: string): ViaductError =>
  new ViaductError('PARAM_VALUE', `rtimer ${JSON.stringify(text)}: ${why}`);
