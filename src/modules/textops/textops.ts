/**
 * Header and text operations of a script. Same names and results as in Kamailio's textops, but an edit is seen at once by
 * whoever reads next, and what a peer sent can never make a header of its own.
 */
import { defineModule } from '../../engine/module.ts';
import { PatternCache } from '../../util/regex/pattern-cache.ts';
import { bodyFunctions } from './body-functions.ts';
import { compareFunctions } from './compare-functions.ts';
import { headerDeclarations } from './declaration.ts';
import { headerFunctions } from './header-functions.ts';
import { textDeclarations } from './text-declaration.ts';
import { textFunctions } from './text-functions.ts';

export const textops = defineModule(
  {
    name: 'textops',
    doc: 'Header and text operations.',
    functions: { ...headerDeclarations, ...textDeclarations },
  },
  ({ world }) => {
    const patterns = new PatternCache();
    return {
      functions: {
        ...headerFunctions(patterns, () => world.clock.wall()),
        ...textFunctions(patterns),
        ...compareFunctions(),
        ...bodyFunctions(),
      },
    };
  },
);
