#!/usr/bin/env node
/** The program `viaduct`: runs what was typed and leaves with its exit code. */
import { runCommandLine } from './commander-tree.ts';
import { commands } from './commands.ts';
import { exitCodeOf, isExpected } from './exit-code.ts';
import { flushed, processShell } from './process-shell.ts';
import { escapeControls } from './visible.ts';

const shell = processShell();
try {
  process.exitCode = await runCommandLine(process.argv.slice(2), commands, shell);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  const told = isExpected(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  // The lines are ours, what stands in them may be a stranger's.
  shell.err.write(`viaduct: ${told.split('\n').map(escapeControls).join('\n')}\n`);
}
await flushed();
process.exit();
