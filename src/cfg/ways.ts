/**
 * Where viaduct differs from Kamailio on purpose, and the parameters of a file that restore Kamailio's way:
 * `viaduct.reply_route = "kamailio"` and `viaduct.var_scope = "process"`.
 */
import type { PvBinding, PvValue } from '../engine/module.ts';
import type { Config, CustomParam } from './ast.ts';
import { nearest } from './registry.ts';
import type { Report } from './report.ts';

export interface KamailioWays {
  /** `return 0`, and a last action that fails, drop a reply in reply_route. */
  readonly replyRoute: boolean;
  /** `$var` keeps its value from message to message. */
  readonly processVars: boolean;
}

const values = {
  reply_route: ['viaduct', 'kamailio'],
  var_scope: ['message', 'process'],
} as const;

export function readWays({ items }: Config, report: Report): KamailioWays {
  const chosen = new Map<string, string | number>();
  for (const item of items) {
    if (item.kind === 'customParam' && item.group.text === 'viaduct') choose(item, chosen, report);
  }
  return {
    replyRoute: chosen.get('reply_route') === 'kamailio',
    processVars: chosen.get('var_scope') === 'process',
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
