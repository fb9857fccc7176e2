/** A command line as it may be shown to others: what is secret in it is hidden. */
import { registry } from './registry.ts';

const HIDDEN = '***';

export function shownArguments(args: readonly string[]): readonly string[] {
  return args.map((text, at) => {
    const [flag = '', ...rest] = text.split('=');
    if (rest.length > 0 && flag.startsWith('--')) return `${flag}=${shown(flag, rest.join('='))}`;
    return at === 0 ? text : shown(args[at - 1] ?? '', text);
  });
}

function shown(flag: string, value: string): string {
  if (flag === '--http-token') return HIDDEN;
  return flag === '--modparam' ? shownModParam(value) : value;
}

function shownModParam(text: string): string {
  const [module = '', name = '', type = ''] = text.split(':');
  const spec = registry.modules.find(({ decl }) => decl.name === module)?.decl.params?.[name];
  return spec?.secret === true ? [module, name, type, HIDDEN].join(':') : text;
}
