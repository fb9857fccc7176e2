/** The time now, and when the message arrived. Dates are in the time zone of the process. */
import type { PvValue } from '../../engine/module.ts';
import { dayOfYear, strftime, utcFaced } from './strftime.ts';
import { either, number, text } from './table.ts';

const MICROSECONDS = 1_000_000;

const seconds = (wall: number): number => Math.floor(wall / MICROSECONDS);
const micros = (wall: number): number => wall % MICROSECONDS;
const dateOf = (wall: number): Date => new Date(Math.floor(wall / 1000));

/** As ctime(3) writes it, without the line end. */
const ctime = (wall: number): string => strftime('%a %b %e %H:%M:%S %Y', dateOf(wall));
const decimal = (wall: number): string => `${seconds(wall)}.${String(micros(wall)).padStart(6, '0')}`;

/** Numbers begin as Kamailio has them: months, weekdays (Sunday) and days of the year with 1. */
function part(date: Date, name: string): number | null {
  switch (name) {
    case 'sec':
      return date.getSeconds();
    case 'min':
      return date.getMinutes();
    case 'hour':
      return date.getHours();
    case 'mday':
      return date.getDate();
    case 'mon':
      return date.getMonth() + 1;
    case 'year':
      return date.getFullYear();
    case 'wday':
      return date.getDay() + 1;
    case 'yday':
      return dayOfYear(date);
    default:
      return null;
  }
}

/** `s`, `u` and `S` of the arrival; with an `n` of now. */
function timeValue(arrived: number, now: number, name: string): PvValue {
  switch (name) {
    case 's':
      return seconds(arrived);
    case 'u':
      return micros(arrived);
    case 'S':
      return decimal(arrived);
    case 'sn':
      return seconds(now);
    case 'un':
      return micros(now);
    case 'Sn':
      return decimal(now);
    default:
      return null;
  }
}

export const time = {
  Ts: number('When the message arrived, in seconds since 1970.', ({ received }) => seconds(received.at)),
  TS: number('Now, in seconds since 1970.', (_, __, env) => seconds(env.parts.wall())),
  Tf: text('When the message arrived, `Fri Nov 20 04:46:38 2026`.', ({ received }) => ctime(received.at)),
  TF: text('Now, `Fri Nov 20 04:46:38 2026`.', (_, __, env) => ctime(env.parts.wall())),
  Tb: number('When the proxy started, in seconds since 1970.', (_, __, env) => seconds(env.parts.state.startedAt)),
  TV: either('Seconds `s`, microseconds `u` or both `S` of the arrival; `sn`, `un`, `Sn` of now.', {
    inner: 'required',
    read: ({ received }, { inner }, env) => timeValue(received.at, env.parts.wall(), inner),
  }),
  time: number('`sec`, `min`, `hour`, `mday`, `mon`, `year`, `wday` or `yday` of the arrival.', {
    inner: 'required',
    read: ({ received }, { inner }) => part(dateOf(received.at), inner),
  }),
  utime: number('The same as `$time` in UTC.', {
    inner: 'required',
    read: ({ received }, { inner }) => part(utcFaced(dateOf(received.at)), inner),
  }),
  timef: text('The arrival by a format of strftime(3).', {
    inner: 'required',
    read: ({ received }, { inner }) => strftime(inner, dateOf(received.at)),
  }),
  utimef: text('The same as `$timef` in UTC.', {
    inner: 'required',
    read: ({ received }, { inner }) => strftime(inner, utcFaced(dateOf(received.at))),
  }),
};
