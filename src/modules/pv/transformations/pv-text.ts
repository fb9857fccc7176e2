/** Where a pseudo-variable ends that begins in a text: `$name`, `$name(…)` or `$(…)`, parentheses balanced. */

const NAME = /[A-Za-z0-9_?]/;

/** After its last character; undefined when there is none at `start`, `open` when a parenthesis stays open. */
export function pvEnd(text: string, start: number): number | 'open' | undefined {
  if (text[start] !== '$') return undefined;
  let at = start + 1;
  while (NAME.test(text.charAt(at))) at++;
  if (text[at] === '(') return balancedEnd(text, at);
  return at > start + 1 ? at : undefined;
}

function balancedEnd(text: string, open: number): number | 'open' {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at + 1;
  }
  return 'open';
}
