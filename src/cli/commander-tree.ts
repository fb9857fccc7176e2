/** Builds commander's tree from the declarations of the commands, and turns what was typed into one call of one command. */
import { Argument, Command, CommanderError, Option } from 'commander';
import type { CommandDecl, FlagDecl, Given } from './command.ts';
import { ExitCode } from './exit-code.ts';
import type { Shell } from './shell.ts';

const ABOUT = 'A SIP proxy that shows you every message.';
const CODES = `
Exit codes: 0 done, 1 failed, 2 not understood, 69 something we need does not answer, 77 privileged port,
78 bad configuration. Data goes to stdout, logs to stderr.`;

/** Runs the command that `argv` (without node and script) names. Throws what the command throws. */
export async function runCommandLine(
  argv: readonly string[],
  commands: readonly CommandDecl[],
  shell: Shell,
): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: ExitCode.ok };
  const program = settle(new Command('viaduct'), shell)
    .description(ABOUT)
    .version(shell.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', CODES);
  // A word that cannot be a file is a misspelt command, not an argument of the default one.
  const misspelt = /^[a-z]+$/i.test(argv[0] ?? '');
  for (const decl of commands) {
    const isDefault = decl.isDefault === true && !misspelt;
    const command = settle(program.command(decl.name, { isDefault }), shell);
    describe(command, decl);
    command.action(async () => {
      outcome.code = await decl.run(givenBy(command), shell);
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  return outcome.code;
}

function settle(command: Command, { out, err }: Shell): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      outputError: (text, write) => write(complaint(text, command.name())),
    });
}

/** One line: what is wrong, what was meant, where to read on. */
function complaint(text: string, command: string): string {
  const words = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\n\((.*)\)$/, '. $1')
    .replace(/([^.?])$/, '$1.');
  const help = command === 'viaduct' ? 'viaduct --help' : `viaduct ${command} --help`;
  return `viaduct: ${words} See ${help}\n`;
}

function describe(command: Command, decl: CommandDecl): void {
  command.description(decl.summary);
  for (const { name, doc } of decl.arguments ?? []) command.addArgument(new Argument(name, doc));
  for (const flag of decl.flags) command.addOption(optionOf(flag));
  if (decl.notes !== undefined) command.addHelpText('after', `\n${decl.notes}`);
}

function optionOf(flag: FlagDecl): Option {
  const option = new Option(flag.flags, flag.doc);
  if (flag.hidden === true) option.hideHelp();
  if (flag.repeat === 'list') {
    option.default([], 'none').argParser((value: string, before: readonly string[]) => [...before, value]);
  } else if (flag.repeat === 'count') {
    option.default(0, 'none').argParser((_: string, before: number) => before + 1);
  }
  return option;
}

function givenBy(command: Command): Given {
  const values = new Map(
    command.options.map((option): [string, unknown] => [
      nameOf(option),
      command.getOptionValue(option.attributeName()),
    ]),
  );
  return {
    args: command.args,
    has: (name) => values.get(name) === true,
    text: (name) => {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    list: (name) => {
      const value = values.get(name);
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
    },
    count: (name) => Number(values.get(name) ?? 0),
  };
}

const nameOf = ({ long, short }: Option): string => (long ?? short ?? '').replace(/^--?/, '');
