/** Searching and replacing by regular expressions, in the whole message, its headers, its body, or one header. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { PvPlace } from '../../engine/pv-value.ts';
import type { SubstitutionArg } from '../../engine/spec.ts';
import type { Field } from '../../sip/field.ts';
import { formatUri, parseUri } from '../../sip/uri.ts';
import { Lru } from '../../util/lru.ts';
import { type Edit, editsOf } from '../../util/regex/edits.ts';
import type { PatternCache } from '../../util/regex/pattern-cache.ts';
import { parseSubstitution, type Substitution } from '../../util/regex/substitution.ts';
import { applyBodyEdits, applyEdits, headText, messageText } from './message-text.ts';

type Ctx = RequestContext | ReplyContext;
type Which = 'all' | 'first' | 'last';

export function textFunctions(patterns: PatternCache) {
  return { ...searching(patterns), ...replacing(patterns), ...replacingTexts(), ...substituting() } as const;
}

type GroupQuestion = [text: string, expression: string, group: number, count: number, to: PvPlace];

/** Headers of a name that a flag means. */
function chosen({ message }: Ctx, name: string, which: Which): readonly Field[] {
  const fields = message.headers.fields(name);
  return which === 'all' ? fields : which === 'first' ? fields.slice(0, 1) : fields.slice(-1);
}

function searching(patterns: PatternCache) {
  const behind = (expression: string, subject: string, text: string): readonly Edit[] => {
    const found = patterns.get(expression).search(subject);
    return found === undefined ? [] : [{ start: found.end, end: found.end, text }];
  };
  return {
    search: ({ message }: Ctx, expression: string) =>
      patterns.matches(expression, message.serialize().toString('latin1')),
    searchBody: ({ message }: Ctx, expression: string) =>
      message.body !== '' && patterns.matches(expression, message.body),
    searchHf: (ctx: Ctx, name: string, expression: string, which: Which) =>
      chosen(ctx, name, which).some(({ rawValue }) => patterns.matches(expression, rawValue)),
    searchStr: (_: Ctx, text: string, expression: string) => patterns.matches(expression, text),
    searchAppend: ({ message }: Ctx, expression: string, text: string) =>
      applyEdits(message, behind(expression, messageText(message), text)) ? 'added' : 'absent',
    searchAppendBody: ({ message }: Ctx, expression: string, text: string) =>
      applyBodyEdits(message, behind(expression, message.body, text)) ? 'added' : 'absent',
    regexSubstring(ctx: Ctx, ...[text, expression, group, count, to]: GroupQuestion) {
      const slots = patterns.get(expression, false).search(text)?.slots;
      const start = slots?.[2 * group] ?? -1;
      if (start < 0 || group >= count) return 'absent';
      to.write?.(ctx, text.slice(start, slots?.[2 * group + 1]));
      return 'found';
    },
  } as const;
}

const said = (done: boolean): 'replaced' | 'absent' => (done ? 'replaced' : 'absent');

function replacing(patterns: PatternCache) {
  const edits = (expression: string, subject: string, { all, text }: { all: boolean; text: string }): readonly Edit[] =>
    editsOf(patterns.get(expression), subject, { all }, () => text);
  const inBody = ({ message }: Ctx, found: readonly Edit[]) => said(applyBodyEdits(message, found));
  return {
    replace: ({ message }: Ctx, expression: string, text: string) =>
      said(applyEdits(message, edits(expression, messageText(message), { all: false, text }))),
    replaceAll: ({ message }: Ctx, expression: string, text: string) =>
      said(applyEdits(message, edits(expression, messageText(message), { all: true, text }))),
    replaceHdrs: ({ message }: Ctx, expression: string, text: string) =>
      said(applyEdits(message, edits(expression, headText(message), { all: false, text }))),
    replaceBody: (ctx: Ctx, expression: string, text: string) =>
      inBody(ctx, edits(expression, ctx.message.body, { all: false, text })),
    replaceBodyAll: (ctx: Ctx, expression: string, text: string) =>
      inBody(ctx, edits(expression, ctx.message.body, { all: true, text })),
    replaceBodyAtonce: (ctx: Ctx, expression: string, text: string) =>
      inBody(
        ctx,
        editsOf(patterns.get(expression, false), ctx.message.body, { all: true, anew: false }, () => text),
      ),
  } as const;
}

function replacingTexts() {
  return {
    replaceStr: ({ message }: Ctx, wanted: string, text: string, mode: 'all' | 'first') =>
      said(applyEdits(message, occurrences(messageText(message), { wanted, text, mode }))),
    replaceHdrsStr: ({ message }: Ctx, wanted: string, text: string, mode: 'all' | 'first') =>
      said(applyEdits(message, occurrences(headText(message), { wanted, text, mode }))),
    replaceBodyStr: ({ message }: Ctx, wanted: string, text: string, mode: 'all' | 'first') =>
      said(applyBodyEdits(message, occurrences(message.body, { wanted, text, mode }))),
  } as const;
}

interface Replacing {
  readonly wanted: string;
  readonly text: string;
  readonly mode: 'all' | 'first';
}

function occurrences(subject: string, { wanted, text, mode }: Replacing): readonly Edit[] {
  const edits: Edit[] = [];
  let at = wanted === '' ? -1 : subject.indexOf(wanted);
  while (at >= 0) {
    const end = at + wanted.length;
    edits.push({ start: at, end, text });
    at = mode === 'first' ? -1 : subject.indexOf(wanted, end);
  }
  return edits;
}

function substituting() {
  const substitutions = new Substitutions();
  return {
    subst: (ctx: Ctx, given: SubstitutionArg) =>
      said(applyEdits(ctx.message, substitutions.get(given).edits(messageText(ctx.message), ctx))),
    substBody: (ctx: Ctx, given: SubstitutionArg) =>
      said(applyBodyEdits(ctx.message, substitutions.get(given).edits(ctx.message.body, ctx))),
    substHf(ctx: Ctx, name: string, given: SubstitutionArg, which: Which) {
      const substitution = substitutions.get(given);
      let done = false;
      for (const field of chosen(ctx, name, which)) {
        const value = substitution.replace(field.value, ctx);
        if (value === undefined) continue;
        ctx.message.headers.replaceField(field, value);
        done = true;
      }
      return said(done);
    },
    substUri(ctx: RequestContext, given: SubstitutionArg) {
      const uri = substitutions.get(given).replace(ctx.message.uri, ctx);
      if (uri !== undefined) ctx.message.uri = uri;
      return said(uri !== undefined);
    },
    substUser(ctx: RequestContext, given: SubstitutionArg) {
      const uri = parseUri(ctx.message.uri);
      if (uri?.kind !== 'sip') return 'absent';
      const user = substitutions.get(given).replace(uri.user ?? '', ctx);
      if (user === undefined) return 'absent';
      ctx.message.uri = formatUri({ ...uri, user: user === '' ? undefined : user });
      return 'replaced';
    },
  } as const;
}

const MAX_KEPT = 256;

/** Those that TypeScript wrote as texts; kamailio.cfg has them ready. */
class Substitutions {
  readonly #kept = new Lru<string, Substitution<Ctx>>(MAX_KEPT);

  /** Throws a SyntaxError when it is none: that is the route's fault. */
  get(given: SubstitutionArg): Substitution<Ctx> {
    if (typeof given !== 'string') return given;
    const known = this.#kept.get(given);
    if (known !== undefined) return known;
    const parsed = parseSubstitution<Ctx>(given);
    if (parsed.kind === 'wrong') throw new SyntaxError(`${JSON.stringify(given)}: ${parsed.problem.message}`);
    this.#kept.set(given, parsed.substitution);
    return parsed.substitution;
  }
}
