/** A line of a header as a whole, or one of its parameters that commas separate: `Digest realm="a", nonce="b"`. */
import { splitElements } from '../../sip/elements.ts';
import type { Headers } from '../../sip/headers.ts';
import { parseHfReference } from './hf-reference.ts';

type Outcome = 'done' | 'absent' | 'malformed';

/** `value` undefined removes. */
export function changeLine(headers: Headers, where: string, value: string | undefined): Outcome {
  const reference = parseHfReference(where);
  if (reference === undefined || reference.index === 'all') return 'malformed';
  const { name, index = 1, param } = reference;
  const field = headers.fields(name).at(index > 0 ? index - 1 : index);
  if (field === undefined) return 'absent';
  const text = param === undefined ? value : withParam(field.value, param, value);
  if (param !== undefined && text === undefined) return 'absent';
  if (text === undefined || text === '') headers.removeField(field);
  else headers.replaceField(field, text);
  return 'done';
}

const SCHEME = /^([^\s=,]+)\s+(?=[^\s=,]+\s*=)/;

/** Undefined when there is no such parameter to remove. */
function withParam(line: string, param: string, value: string | undefined): string | undefined {
  const [scheme = ''] = SCHEME.exec(line) ?? [];
  const params = splitElements(line.slice(scheme.length));
  const at = params.findIndex((one) => one.split('=')[0]?.trim().toLowerCase() === param.toLowerCase());
  if (at < 0 && value === undefined) return undefined;
  const written = value === undefined ? [] : [`${param}=${value}`];
  const next = at < 0 ? [...params, ...written] : params.toSpliced(at, 1, ...written);
  return `${scheme}${next.join(', ')}`;
}
