/** Configurations out of texts, for the tests of src/cfg. */
import { type ParsedConfig, parseConfig } from '../../src/cfg/syntax/parse.ts';
import type { Input } from '../../src/cfg/text/preprocessor.ts';
import { treeText } from './tree-text.ts';

export type Files = Readonly<Record<string, string>>;

/** `main.cfg` is read first. */
export function read(files: string | Files, options: Partial<Input> = {}): ParsedConfig {
  return parseConfig({ ...inputOf(files), ...options });
}

export function inputOf(files: string | Files): Input {
  const texts = new Map(Object.entries(typeof files === 'string' ? { 'main.cfg': files } : files));
  return { path: 'main.cfg', readFile: (path) => texts.get(path) };
}

export function codes({ diagnostics }: ParsedConfig): readonly string[] {
  return diagnostics.map(({ code }) => code);
}

export function tree(parsed: ParsedConfig): string {
  return treeText(parsed.config);
}
