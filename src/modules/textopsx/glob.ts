/** Shell patterns as fnmatch(3) reads them: `*`, `?`, `[a-z]`, `[!a]`, a backslash before what is meant literally. */

/** Characters of a pattern. */
export const MAX_GLOB = 1_000;

/** Linear in the text for each star; nothing a peer sends can make it slow. */
export function globMatches(pattern: string, text: string, ignoreCase: boolean): boolean {
  if (pattern.length > MAX_GLOB) return false;
  const [p, t] = ignoreCase ? [pattern.toLowerCase(), text.toLowerCase()] : [pattern, text];
  const tokens = tokensOf(p);
  let [at, inText, star, mark] = [0, 0, -1, 0];
  while (inText < t.length) {
    const token = tokens[at];
    if (token?.kind === 'star') {
      star = at++;
      mark = inText;
    } else if (token?.fits(t.charAt(inText)) === true) {
      at++;
      inText++;
    } else if (star >= 0) {
      at = star + 1;
      inText = ++mark;
    } else return false;
  }
  return tokens.slice(at).every(({ kind }) => kind === 'star');
}

type Token =
  | { readonly kind: 'star'; readonly fits: (char: string) => boolean }
  | { readonly kind: 'one'; readonly fits: (char: string) => boolean };

const SET = /^\[([!^]?)(\]?[^\]]*)\]/;

function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    const [set, negated = '', members = ''] = char === '[' ? (SET.exec(pattern.slice(at)) ?? []) : [];
    if (char === '*') tokens.push({ kind: 'star', fits: () => false });
    else if (char === '?') tokens.push({ kind: 'one', fits: () => true });
    else if (set !== undefined) {
      tokens.push({ kind: 'one', fits: (one) => isMember(members, one) !== (negated !== '') });
      at += set.length - 1;
    } else {
      const literal = char === '\\' && at + 1 < pattern.length ? pattern.charAt(++at) : char;
      tokens.push({ kind: 'one', fits: (one) => one === literal });
    }
  }
  return tokens;
}

function isMember(members: string, char: string): boolean {
  for (let at = 0; at < members.length; at++) {
    if (members.charAt(at + 1) === '-' && at + 2 < members.length) {
      if (char >= members.charAt(at) && char <= members.charAt(at + 2)) return true;
      at += 2;
    } else if (members.charAt(at) === char) return true;
  }
  return false;
}
