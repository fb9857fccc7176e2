/** Colours for terminals: on a TTY only, unless NO_COLOR, FORCE_COLOR or TERM=dumb say otherwise. */
import type { Output, Shell } from './shell.ts';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Colour = keyof typeof codes;

export type Paint = (colour: Colour, text: string) => string;

const plain: Paint = (_, text) => text;
const coloured: Paint = (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m`;

/** NO_COLOR wins (no-color.org); FORCE_COLOR asks for colours where there is no TTY, unless it is 0. */
export function wantsColour(env: Shell['env'], output: Pick<Output, 'isTty'>): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return output.isTty && env['TERM'] !== 'dumb';
}

export const paintFor = (env: Shell['env'], output: Pick<Output, 'isTty'>): Paint =>
  wantsColour(env, output) ? coloured : plain;
