/** Questions about a pseudo-variable, whatever it is. */
import type { PvPlace } from '../../engine/pv-value.ts';
import type { MessageContext } from './table.ts';

export function placeFunctions() {
  return {
    isSet: (ctx: MessageContext, place: PvPlace) => place.read(ctx) !== null,
    unset(ctx: MessageContext, place: PvPlace): 'unset' {
      place.write?.(ctx, null);
      return 'unset';
    },
    isInt: (ctx: MessageContext, place: PvPlace) => typeof place.read(ctx) === 'number',
    typeOf(ctx: MessageContext, place: PvPlace, type: 'number' | 'text' | 'null') {
      const value = place.read(ctx);
      if (value === null) return type === 'null';
      return type === (typeof value === 'number' ? 'number' : 'text');
    },
    notEmpty(ctx: MessageContext, place: PvPlace) {
      const value = place.read(ctx);
      return typeof value === 'string' && value !== '';
    },
  } as const;
}
