/** `cnt.*`: the same numbers as `stats.*`, asked for by group and name. */
import type { Command, Commands } from '../command.ts';
import { RpcFault } from '../rpc-fault.ts';
import type { Statistic } from '../statistic.ts';

type Params = readonly (string | number)[];

export function counterCommands(all: () => readonly Statistic[]): Commands {
  const known = ([group = '', name = '']: Params): Statistic => {
    const found = all().find((one) => one.group === String(group) && one.name === String(name));
    if (found === undefined) throw new RpcFault(400, `non-existent counter ${group}.${name}`);
    return found;
  };
  const inGroup = ([group = '']: Params): readonly Statistic[] => all().filter((one) => one.group === String(group));
  const groups: Command['run'] = () => [...new Set(all().map(({ group }) => group))];
  const names: Command['run'] = (params) => inGroup(params).map(({ name }) => name);
  const values: Command['run'] = (params) =>
    Object.fromEntries(inGroup(params).map(({ name, value }) => [name, value]));
  return {
    'cnt.get': {
      doc: 'Value of a counter: group, name; without a name, of all in the group.',
      run: (params) => (params.length === 1 ? values(params) : known(params).value),
    },
    'cnt.get_raw': { doc: 'The same.', run: (params) => known(params).value },
    'cnt.reset': {
      doc: 'Sets a counter to 0: group, name. What only measures stays.',
      run: (params) => {
        known(params).reset?.();
        return {};
      },
    },
    'cnt.help': { doc: 'What a counter counts: group, name.', run: (params) => known(params).doc ?? '' },
    'cnt.grps_list': { doc: 'Groups.', run: groups },
    'cnt.list_groups': { doc: 'The same.', run: groups },
    'cnt.var_list': { doc: 'Names of a group.', run: names },
    'cnt.list_vars': { doc: 'The same.', run: names },
    'cnt.grp_get_all': { doc: 'Names and values of a group.', run: values },
    'cnt.get_vars': { doc: 'The same.', run: values },
  };
}
