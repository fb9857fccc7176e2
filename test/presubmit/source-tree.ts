/** The files of the project as the house rules see them: text, lines and, for TypeScript, the syntax tree. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly tree: ts.SourceFile;
}

/** What is or will be committed: git's answer, or all that a walk finds where there is no git. */
export function projectFiles(): string[] {
  return (filesOfGit() ?? walk('')).filter((path) => existsSync(join(root, path))).toSorted();
}

function filesOfGit(): string[] | undefined {
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const list = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return list.split('\0').filter((path) => path !== '' && !path.startsWith('..'));
  } catch {
    return undefined;
  }
}

function walk(folder: string): string[] {
  const skipped = ['node_modules', 'dist', 'coverage', '.cache', '.git'];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skipped.includes(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Text files only: a NUL byte near the beginning makes a file binary. */
export function isText(path: string): boolean {
  if (!statSync(join(root, path)).isFile()) return false;
  return !readFileSync(join(root, path)).subarray(0, 8000).includes(0);
}

export function parse(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return { path, text, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), tree };
}

export function typescriptIn(folder: string, files: readonly string[]): SourceFile[] {
  const wanted = files.filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.ts'));
  return wanted.map((path) => parse(path, readText(path)));
}

export function lineOf(file: SourceFile, position: number): number {
  return file.tree.getLineAndCharacterOfPosition(position).line + 1;
}

/** Calls `visit` for every node, outermost first. */
export function visitAll(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => visitAll(child, visit));
}
