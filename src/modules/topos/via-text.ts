/** Vias and Record-Routes in few bytes: what most of them have in common is one byte each. */
const COMMON = [
  ...['SIP/2.0/UDP ', 'SIP/2.0/TCP ', 'SIP/2.0/TLS ', 'SIP/2.0/WSS ', 'SIP/2.0/WS '],
  ...[';branch=z9hG4bK', ';branch=z9hG4bK-', ';branch=z9hG4bKPj', ';branch=z9hG4bK.', ';branch=z9hG4bKvd.0.0.'],
  ...[';received=', ';rport=', ';rport=5060', ';rport', ';alias', ':5060', '192.168.', '172.16.', '127.0.0.1', '10.0.'],
  ...['<sip:', ';lr>', ';lr;ftag=', ';r2=on', ';transport=', ';transport=tcp'],
];
/** Bytes that stand for them: control characters but tab, line feed and carriage return. */
const CODES = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).filter(
  (one) => !'\0\t\n\r'.includes(one),
);

const codeOf: ReadonlyMap<string, string> = new Map(COMMON.map((text, at) => [text, CODES[at] ?? '']));
const textOf: ReadonlyMap<string, string> = new Map(COMMON.map((text, at) => [CODES[at] ?? '', text]));
const ANY_TEXT = new RegExp(
  COMMON.toSorted((a, b) => b.length - a.length)
    .map((text) => text.replaceAll(/[.$^*+?()[\]{}|\\/]/g, '\\$&'))
    .join('|'),
  'g',
);
const ANY_CODE = /[\0-\x1f]/g;

/** undefined for what holds control characters, as no Via of a sound message does. */
export function shorten(values: readonly string[]): string | undefined {
  return values.some((value) => value.search(ANY_CODE) >= 0)
    ? undefined
    : values.map((value) => value.replaceAll(ANY_TEXT, (text) => codeOf.get(text) ?? text)).join('\n');
}

export const lengthen = (text: string): readonly string[] =>
  text === '' ? [] : text.split('\n').map((line) => line.replaceAll(ANY_CODE, (code) => textOf.get(code) ?? ''));
