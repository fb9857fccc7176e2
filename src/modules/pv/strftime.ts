/** Dates as text by a format of strftime(3), in the time zone of the process and in English. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const two = (value: number): string => String(value).padStart(2, '0');
const spaced = (value: number): string => String(value).padStart(2, ' ');
const hour12 = (date: Date): number => date.getHours() % 12 || 12;

/** From 1 for the first of January. */
export function dayOfYear(date: Date): number {
  const first = Date.UTC(date.getFullYear(), 0, 1);
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - first) / 86_400_000 + 1;
}

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

const FIELDS: ReadonlyMap<string, (date: Date) => string> = new Map([
  ['a', (date) => (DAYS[date.getDay()] ?? '').slice(0, 3)],
  ['A', (date) => DAYS[date.getDay()] ?? ''],
  ['b', (date) => (MONTHS[date.getMonth()] ?? '').slice(0, 3)],
  ['B', (date) => MONTHS[date.getMonth()] ?? ''],
  ['c', (date) => strftime('%a %b %e %H:%M:%S %Y', date)],
  ['C', (date) => two(Math.floor(date.getFullYear() / 100))],
  ['d', (date) => two(date.getDate())],
  ['D', (date) => strftime('%m/%d/%y', date)],
  ['e', (date) => spaced(date.getDate())],
  ['F', (date) => strftime('%Y-%m-%d', date)],
  ['h', (date) => (MONTHS[date.getMonth()] ?? '').slice(0, 3)],
  ['H', (date) => two(date.getHours())],
  ['I', (date) => two(hour12(date))],
  ['j', (date) => String(dayOfYear(date)).padStart(3, '0')],
  ['k', (date) => spaced(date.getHours())],
  ['l', (date) => spaced(hour12(date))],
  ['m', (date) => two(date.getMonth() + 1)],
  ['M', (date) => two(date.getMinutes())],
  ['n', () => '\n'],
  ['p', (date) => (date.getHours() < 12 ? 'AM' : 'PM')],
  ['R', (date) => strftime('%H:%M', date)],
  ['s', (date) => String(Math.floor(date.getTime() / 1000))],
  ['S', (date) => two(date.getSeconds())],
  ['t', () => '\t'],
  ['T', (date) => strftime('%H:%M:%S', date)],
  ['u', (date) => String(date.getDay() || 7)],
  ['w', (date) => String(date.getDay())],
  ['x', (date) => strftime('%m/%d/%y', date)],
  ['X', (date) => strftime('%H:%M:%S', date)],
  ['y', (date) => two(date.getFullYear() % 100)],
  ['Y', (date) => String(date.getFullYear())],
  ['z', zone],
  ['%', () => '%'],
]);

/** A letter that stands for nothing stays as it is written. */
export const strftime = (format: string, date: Date): string =>
  format.replace(/%([A-Za-z%])/g, (whole, letter: string) => FIELDS.get(letter)?.(date) ?? whole);

/** The same in UTC: the moment whose local time reads as this one's UTC. */
export const utcFaced = (date: Date): Date => new Date(date.getTime() + date.getTimezoneOffset() * 60_000);
