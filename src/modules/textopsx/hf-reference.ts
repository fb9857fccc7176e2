/** A place in a list header as scripts write it: `Name`, `Name[2]`, `Name[-1]`, `Name[*]`, each with `.param`. */

export interface HfReference {
  readonly name: string;
  /** From 1, or from the end as -1; undefined when nothing was said. */
  readonly index: number | 'all' | undefined;
  readonly param: string | undefined;
}

const REFERENCE = /^([A-Za-z0-9\-.!%*_+`'~]+?)(?:\[(\*|-?\d{1,4})\])?(?:\.([A-Za-z0-9_-]+))?$/;

export function parseHfReference(text: string): HfReference | undefined {
  const [, name, index, param] = REFERENCE.exec(text.trim()) ?? [];
  if (name === undefined) return undefined;
  return { name, index: index === undefined ? undefined : index === '*' ? 'all' : Number(index), param };
}
