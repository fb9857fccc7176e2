/** Custom parameters, `group.name = value desc "..."`: read by `$sel(cfg_get.group.name)`, changed by `cfg.set*` while the script runs. */
import { int, str } from '../../engine/spec.ts';
import type { ParameterGroup } from '../../engine/tunable.ts';
import type { Config, CustomParam } from '../ast.ts';

type Value = string | number;

export class CustomParams {
  /** In the order of the file; of several of one name the last. */
  readonly #declared: ReadonlyMap<string, CustomParam>;
  readonly #values: Map<string, Value>;

  private constructor(declared: ReadonlyMap<string, CustomParam>) {
    this.#declared = declared;
    this.#values = new Map([...declared].map(([path, { value }]) => [path, value.value]));
  }

  static of({ items }: Config): CustomParams {
    return new CustomParams(
      new Map(items.flatMap((item) => (item.kind === 'customParam' ? [[pathOf(item), item] as const] : []))),
    );
  }

  /** With the values of the file, for one more program. */
  fresh(): CustomParams {
    return new CustomParams(this.#declared);
  }

  /** By `group.name` or `group[1].name`. */
  read(path: string): Value | undefined {
    return this.#values.get(path);
  }

  /** By `group.name`, of the instance of the group that is selected where it has a value of its own. */
  selected(path: string, groups: ReadonlyMap<string, number> | undefined): Value | undefined {
    const dot = path.indexOf('.');
    const instance = groups?.get(path.slice(0, dot));
    const own = instance === undefined ? undefined : this.read(`${path.slice(0, dot)}[${instance}]${path.slice(dot)}`);
    return own ?? this.read(path);
  }

  hasInstance(group: string, instance: number): boolean {
    return this.paths.some((path) => path.startsWith(`${group}[${instance}].`));
  }

  get paths(): readonly string[] {
    return [...this.#declared.keys()];
  }

  groups(): readonly ParameterGroup[] {
    const names = new Set([...this.#declared.values()].map(groupOf));
    return [...names].map((name) => this.#group(name));
  }

  #group(name: string): ParameterGroup {
    const own = [...this.#declared].filter(([, param]) => groupOf(param) === name);
    return {
      name,
      specs: Object.fromEntries(own.map(([, param]) => [param.name.text, specOf(param)])),
      values: Object.fromEntries(own.map(([, param]) => [param.name.text, param.value.value])),
      tunables: Object.fromEntries(
        own.map(([path, param]) => [
          param.name.text,
          {
            read: () => this.#values.get(path),
            write: (value: Value) => void this.#values.set(path, value),
          },
        ]),
      ),
    };
  }
}

const groupOf = ({ group, instance }: CustomParam): string =>
  instance === undefined ? group.text : `${group.text}[${instance}]`;
const pathOf = (param: CustomParam): string => `${groupOf(param)}.${param.name.text}`;

function specOf({ value, description }: CustomParam) {
  const doc = description?.value ?? 'A parameter of the script.';
  return typeof value.value === 'number' ? int({ doc }) : str({ doc });
}
