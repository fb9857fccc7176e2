/**
 * Where viaduct differs from Kamailio on purpose, and the parameters of a file that restore Kamailio's way, each for itself:
 * `viaduct.var_scope`, `viaduct.header_edits`, `viaduct.arguments`, `viaduct.reply_drop` and `viaduct.final_reply`.
 */
import type { PvBinding, PvValue } from '../../engine/module.ts';
import type { Config, CustomParam } from '../ast.ts';
import { nearest } from '../registry.ts';
import type { Report } from '../report.ts';

export interface KamailioWays {
  /** `return 0`, and a last action that fails, drop a reply in reply_route. */
  readonly replyRoute: boolean;
  /** `$var` keeps its value from message to message. */
  readonly processVars: boolean;
  /** What is read of headers and body is as it was received, until msg_apply_changes(). */
  readonly readsReceived: boolean;
  /** Some functions want constants, and what is computed for the others is a format once more. */
  readonly fixedArguments: boolean;
  /** sl_reply_error() answers a relay that failed, and the transaction does, too. */
  readonly twoFinals: boolean;
}

const values = {
  var_scope: ['message', 'process'],
  header_edits: ['visible', 'kamailio'],
  arguments: ['viaduct', 'kamailio'],
  reply_drop: ['viaduct', 'kamailio'],
  final_reply: ['one', 'kamailio'],
} as const;

export function readWays({ items }: Config, report: Report): KamailioWays {
  const chosen = new Map<string, string | number>();
  for (const item of items) {
    if (item.kind === 'customParam' && item.group.text === 'viaduct') choose(item, chosen, report);
  }
  return {
    replyRoute: chosen.get('reply_drop') === 'kamailio',
    processVars: chosen.get('var_scope') === 'process',
    readsReceived: chosen.get('header_edits') === 'kamailio',
    fixedArguments: chosen.get('arguments') === 'kamailio',
    twoFinals: chosen.get('final_reply') === 'kamailio',
  };
}

function choose({ name, value }: CustomParam, chosen: Map<string, string | number>, report: Report): void {
  const known = Object.entries(values).find(([key]) => key === name.text)?.[1];
  if (known === undefined) {
    const meant = nearest(name.text, Object.keys(values));
    report('CFG_GLOBAL_UNKNOWN', name.span, `there is no parameter viaduct.${name.text}`, {
      hint: meant === undefined ? undefined : `did you mean viaduct.${meant}?`,
    });
  } else if (known.some((text) => text === value.value)) chosen.set(name.text, value.value);
  else {
    report('CFG_GLOBAL_VALUE', value.span, `viaduct.${name.text} is ${known.map((text) => `"${text}"`).join(' or ')}`);
  }
}

/** Names that are kept; further ones are not stored. */
const MAX_NAMES = 1_024;

/** `$var` as Kamailio has it: what one message leaves, the next one finds. */
export function processVar(): PvBinding {
  const kept = new Map<string, PvValue>();
  return {
    read: (_, { inner }) => kept.get(inner) ?? 0,
    write(_, { inner }, value) {
      if (kept.size < MAX_NAMES || kept.has(inner)) kept.set(inner, value ?? 0);
    },
  };
}
