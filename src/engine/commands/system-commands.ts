/** The commands about commands, and those that only answer. */
import type { Commands, CommandTable, RpcHandler } from '../command.ts';
import { RpcFault } from '../rpc-fault.ts';

export function systemCommands(table: CommandTable): Commands {
  return {
    'system.listMethods': { doc: 'The names of all commands.', run: () => table.names() },
    'system.methodHelp': { doc: 'What a command does: its name.', run: (params) => known(table, params).doc },
    'system.methodSignature': {
      doc: 'What a command takes and gives: its name. They are not declared: an array of what it gives, `undef`.',
      run: (params) => {
        known(table, params);
        return [['undef']];
      },
    },
    'core.echo': { doc: 'The parameters, as texts.', run: (params) => params.map(String) },
    'core.prints': { doc: 'The parameters, as texts.', run: (params) => params.map(String) },
    'core.printi': { doc: 'The parameters, which must be whole numbers.', run: integers },
  };
}

function known(table: CommandTable, [name]: readonly (string | number)[]) {
  const command = name === undefined ? undefined : table.find(String(name));
  if (command === undefined) throw new RpcFault(400, 'command not found');
  return command;
}

const integers: RpcHandler = (params) =>
  params.map((param) => {
    if (!/^-?\d{1,15}$/.test(String(param))) throw new RpcFault(400, `${param} is no whole number`);
    return Number(param);
  });
