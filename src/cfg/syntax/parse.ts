/** Reads a configuration with all that it includes into one tree; every problem is a diagnostic, nothing is thrown. */
import type { Config } from '../ast.ts';
import { Cursor } from './cursor.ts';
import type { Define } from '../text/defines.ts';
import { type Diagnostic, sortDiagnostics } from '../diagnostics.ts';
import { Lost } from './lost.ts';
import { type Input, Preprocessor } from '../text/preprocessor.ts';
import type { Sources } from '../source.ts';
import { TopLevelParser } from './top-level-parser.ts';

export interface ParsedConfig {
  readonly config: Config;
  /** By place. Without errors among them the tree is complete. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
  /** What was defined at the end: `$def(NAME)` asks for it. */
  readonly defines: ReadonlyMap<string, Define>;
  /** The word of `#!KAMAILIO`, if the file has such a line. */
  readonly header: string | undefined;
  readonly lost: Lost;
}

export function parseConfig(input: Input): ParsedConfig {
  const preprocessor = new Preprocessor(input);
  const lost = new Lost();
  const items = new TopLevelParser(new Cursor(preprocessor), lost).items();
  const { sources, diagnostics, defines, header } = preprocessor;
  preprocessor.finish();
  const end = sources.text(input.path)?.length ?? 0;
  return {
    config: { kind: 'config', items, span: { file: input.path, start: 0, end } },
    diagnostics: sortDiagnostics(sources, diagnostics.all),
    sources,
    defines: defines.all(),
    header,
    lost,
  };
}
