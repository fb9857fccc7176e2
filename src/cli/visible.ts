/**
 * Text of strangers, made safe to print: control characters, terminal escapes, line ends and characters that turn the
 * direction of writing are shown, not obeyed. Credentials are taken out of what goes to a log.
 */

/** C0 and C1 controls, DEL, line and paragraph separators, bidirectional and invisible formatting. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const named: ReadonlyMap<string, string> = new Map([
  ['\r', '\\r'],
  ['\n', '\\n'],
  ['\t', '\\t'],
]);

/** On one line, with nothing that a terminal obeys. SIP text is latin1 inside; what is UTF-8 is shown as such. */
export const visible = (text: string): string => escapeControls(decoded(text));

export function escapeControls(text: string): string {
  return text.replace(unsafe, (char) => {
    const code = char.charCodeAt(0);
    return named.get(char) ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** Bytes kept as latin1 are decoded when they are UTF-8; other text stays as it is. */
function decoded(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text) || /[^\u0000-\u00ff]/.test(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

const secrets: readonly (readonly [RegExp, string])[] = [
  [/\b((?:proxy-)?authorization)(\s*[:=]\s*)[^\r\n]+/gi, '$1$2***'],
  [/\b(sips?:[^\s:@;?<>]+):[^\s@<>]+@/gi, '$1:***@'],
  [/\b((?:response|ha1|password|passwd|auth_?key|token|secret)\s*[=:]\s*)("[^"]*"|[^\s,;&]+)/gi, '$1***'],
];

/** The text without what proves who somebody is. */
export const withoutCredentials = (text: string): string =>
  secrets.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);

/** At most `length` characters; what is cut off is told by an ellipsis. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
