/** The right side of `=~`: compiled once when it is fixed, else kept for the texts that were used last. */
import { Lru } from '../../util/lru.ts';
import type { Expression, StringLiteral } from '../ast.ts';
import { compileRegex, type Regex } from '../../util/regex/regex.ts';
import type { Scene } from './scene.ts';
import { placeInString } from '../text/string-escapes.ts';

/** Patterns that one place of the script keeps when they change from message to message. */
const MAX_KEPT = 64;

export type Matcher = (subject: string, pattern: string) => boolean;

/** Reports what is wrong with a fixed pattern. `pattern` is what the code of the right side gives. */
export function matcherFor(right: Expression, scene: Scene, ignoreCase = true): Matcher {
  if (right.kind === 'string') {
    const compiled = compileRegex(right.value, { ignoreCase });
    if ('problem' in compiled) {
      const { at, message } = compiled.problem;
      const hint = /\(\?/.test(right.value) ? 'these are POSIX expressions: they have no (?...)' : undefined;
      scene.report('CFG_REGEX', placeInString(scene.sources, right, at), `in this regular expression: ${message}`, {
        hint,
      });
      return () => false;
    }
    warnOfPerl(right, scene);
    return (subject) => compiled.test(subject);
  }
  const kept = new Lru<string, Regex | 'wrong'>(MAX_KEPT);
  return (subject, pattern) => {
    let regex = kept.get(pattern);
    if (regex === undefined) {
      const compiled = compileRegex(pattern, { ignoreCase });
      regex = 'problem' in compiled ? 'wrong' : compiled;
      kept.set(pattern, regex);
      if (regex === 'wrong') scene.log.write('error', 'not a regular expression', { pattern });
    }
    return regex !== 'wrong' && regex.test(subject);
  };
}

export function warnOfPerl(literal: StringLiteral, scene: Scene): void {
  const found = /\\([dD])/.exec(literal.value);
  if (found === null) return;
  const meant = found[1] === 'd' ? '[0-9]' : '[^0-9]';
  scene.report(
    'CFG_REGEX_PERL',
    placeInString(scene.sources, literal, found.index),
    `${found[0]} is the letter ${found[1]} in a POSIX regular expression`,
    { hint: `write ${meant}` },
  );
}
