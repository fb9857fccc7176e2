/** `--cfg-print`: the file after includes and conditional regions; defines and substitutions are left as they stand. */
import type { Diagnostic } from './diagnostics.ts';
import { type Input, Preprocessor } from './text/preprocessor.ts';
import type { Sources } from './source.ts';

export interface Printed {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
}

export function printConfig(input: Input): Printed {
  const preprocessor = new Preprocessor(input);
  while (preprocessor.next().kind !== 'end') continue;
  preprocessor.finish();
  const { printout, diagnostics, sources } = preprocessor;
  return { text: printout.text, diagnostics: diagnostics.all, sources };
}
