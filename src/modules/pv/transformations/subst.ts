/** `{re.subst,/expression/replacement/flags}`: pseudo-variables stand in the replacement, `$$` is a dollar in both. */
import { parseSubstitution, type ReadVariable } from '../../../util/regex/substitution.ts';
import type { CompilePv } from '../api.ts';
import { asText, type MessageContext } from '../table.ts';
import { pvEnd } from './pv-text.ts';
import type { Apply } from './transformation.ts';

/** Reads the parameter whole. Throws a SyntaxError that says what is wrong with it. */
export function compileSubst(text: string, compilePv: CompilePv): Apply {
  const parsed = parseSubstitution(singleDollars(text), variableOf(compilePv));
  if (parsed.kind === 'wrong') throw new SyntaxError(parsed.problem.message);
  const { substitution } = parsed;
  return (value, ctx) => {
    const subject = asText(value);
    return substitution.replace(subject, ctx) ?? subject;
  };
}

/** In the expression only: what follows it reads its dollars itself. */
function singleDollars(text: string): string {
  const separator = text.charAt(0);
  let end = 1;
  while (end < text.length && !(text.charAt(end) === separator && text.charAt(end - 1) !== '\\')) end++;
  return text.slice(0, end).replaceAll('$$', '$') + text.slice(end);
}

function variableOf(compilePv: CompilePv): ReadVariable<MessageContext> {
  return (text, at) => {
    if (text.charAt(at + 1) === '$') return { read: () => '$', end: at + 2 };
    const end = pvEnd(text, at);
    if (end === undefined) return undefined;
    if (end === 'open') return { problem: { at, message: 'a ) is missing in the replacement' } };
    const reader = compilePv(text.slice(at, end));
    if (typeof reader !== 'function') return { problem: { at, message: reader.message } };
    return { read: (ctx) => asText(reader(ctx) ?? ''), end };
  };
}

/** Where `/expression/replacement/flags` ends that begins at `start`: at the closing brace, which neither part hides. */
export function substEnd(text: string, start: number): number {
  const separator = text[start] ?? '';
  let found = 0;
  for (let at = start + 1; at < text.length && separator !== ''; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === separator) found++;
    else if (text[at] === '}' && found >= 2) return at;
  }
  return text.indexOf('}', start);
}
