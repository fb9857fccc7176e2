/** Texts compared, found in each other and in lists; and whether the method is one of a list. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { SipMessage } from '../../sip/message.ts';

type Ctx = RequestContext | ReplyContext;

export function compareFunctions() {
  return {
    isMethod: ({ message }: Ctx, methods: string) => isAmong(methodOf(message), methods),
    compareStart(_: Ctx, whole: string, beginning: string) {
      if (whole.length < beginning.length) return 'shorter';
      return order(whole.slice(0, beginning.length), beginning);
    },
    compareEnd(_: Ctx, whole: string, end: string) {
      if (whole.length < end.length) return 'shorter';
      return order(whole.slice(whole.length - end.length), end);
    },
    cmpStr: (_: Ctx, a: string, b: string) => order(a, b),
    cmpIstr: (_: Ctx, a: string, b: string) => order(lower(a), lower(b)),
    strFind: (_: Ctx, text: string, wanted: string) => wanted !== '' && text.includes(wanted),
    strIfind: (_: Ctx, text: string, wanted: string) => wanted !== '' && lower(text).includes(lower(wanted)),
    inList: (_: Ctx, text: string, list: string, separator: string) =>
      text !== '' && elements(list, separator).includes(text),
    inListPrefix: (_: Ctx, text: string, list: string, separator: string) =>
      elements(list, separator).some((element) => element !== '' && text.startsWith(element)),
  } as const;
}

const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

const order = (a: string, b: string): 'equal' | 'greater' | 'less' => (a === b ? 'equal' : a > b ? 'greater' : 'less');

const elements = (list: string, separator: string): readonly string[] =>
  (separator === '' ? [list] : list.split(separator)).map((element) => element.trim());

const methodOf = (message: SipMessage): string =>
  message.kind === 'request' ? message.method : (message.cseq?.method ?? '');

/** `|` cannot stand in a method, so a name between bars is a whole one. */
const isAmong = (method: string, methods: string): boolean =>
  method === methods || `|${methods}|`.includes(`|${method}|`);
