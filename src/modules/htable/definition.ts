/** A table as the `htable` parameter describes it: `name=>size=8;autoexpire=300;initval=0;`. */
import { ViaductError } from '../../errors.ts';
import type { HashTableSettings } from './hash-table.ts';

const NAME = /^[A-Za-z0-9_.:-]+$/;
const NUMBER = /^-?\d{1,9}$/;

/** Kamailio's attributes that have no meaning here: sizes grow by themselves, and there is no DMQ. */
const IGNORED: ReadonlySet<string> = new Set(['size', 'dbmode', 'cols', 'dmqreplicate', 'name', 'coldelim', 'colnull']);

/** A ViaductError says what is wrong with it. */
export function parseDefinition(text: string, maxItems: number): HashTableSettings {
  const arrow = text.indexOf('=>');
  const name = text.slice(0, Math.max(arrow, 0)).trim();
  const attributes = text
    .slice(arrow + 2)
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (arrow < 0 || !NAME.test(name)) throw refused(text, 'expected name=>attribute=value;...');
  let settings: HashTableSettings = { name, initial: undefined, lifeMs: 0, renew: true, maxItems };
  for (const attribute of attributes) {
    const [key = '', value = ''] = attribute.split('=', 2).map((part) => part.trim());
    if (IGNORED.has(key)) continue;
    if (key === 'dbtable') throw refused(text, 'dbtable: tables are not loaded from a database here');
    if (!NUMBER.test(value)) throw refused(text, `${key} takes a number`);
    const number = Number(value);
    if (key === 'autoexpire') settings = { ...settings, lifeMs: Math.max(number, 0) * 1000 };
    else if (key === 'initval') settings = { ...settings, initial: number };
    else if (key === 'updateexpire') settings = { ...settings, renew: number !== 0 };
    else if (key === 'maxitems') settings = { ...settings, maxItems: Math.min(Math.max(number, 1), maxItems) };
    else throw refused(text, `there is no attribute ${key}`);
  }
  return settings;
}

const refused = (text: string, why: string): ViaductError =>
  new ViaductError('PARAM_VALUE', `htable.htable ${JSON.stringify(text)}: ${why}`);
