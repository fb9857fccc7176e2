/** What DNS has answered, kept by a name that the script gives, and read part by part: `$dns(name=>addr[0])`. */
import type { PvValue } from '../../engine/module.ts';

/** Answers of one request that are kept at the same time. */
export const MAX_ANSWERS = 16;
/** Records of one answer. */
export const MAX_RECORDS = 64;

export type Fields = Readonly<Record<string, string | number>>;

export interface Answer {
  readonly records: readonly Fields[];
  /** Of the answer as a whole. */
  readonly whole: Fields;
}

export type Answers = Map<string, Answer>;

const PLACE = /^\s*([^=\s]+)\s*=>\s*([a-z0-9]+)(?:\[(-?\d{1,4})\])?\s*$/;

export function readAnswer(answers: Answers | undefined, inner: string): PvValue {
  const [, name = '', field = '', index = '0'] = PLACE.exec(inner) ?? [];
  const answer = answers?.get(name);
  if (answer === undefined) return null;
  if (field === 'count') return answer.records.length;
  return fieldIn(answer.whole, field) ?? fieldIn(answer.records.at(Number(index)) ?? {}, field) ?? null;
}

/** The name may be `constructor`, which every object has. */
const fieldIn = (fields: Fields, name: string): string | number | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

/** False when there are too many. */
export function keepAnswer(answers: Answers, name: string, { records, whole }: Answer): boolean {
  if (answers.size >= MAX_ANSWERS && !answers.has(name)) return false;
  answers.set(name, { records: records.slice(0, MAX_RECORDS), whole });
  return true;
}
