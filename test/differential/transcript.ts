/**
 * What each peer received, as text that is the same for both servers when they behave the same: names instead of ports, numbers
 * instead of branches and tags, nothing of what names the product.
 */

export interface Heard {
  readonly peer: string;
  readonly messages: readonly Buffer[];
}

export interface TranscriptOptions {
  /** Ports and the names to show instead. */
  readonly names: ReadonlyMap<number, string>;
  /** Messages that came again are shown again. */
  readonly repeats?: boolean;
  /** Headers and the parameters of Via stay in the order in which they came. */
  readonly exact?: boolean;
}

export function transcript(heard: readonly Heard[], options: TranscriptOptions): string {
  const scrub = scrubber(options);
  return heard
    .flatMap(({ peer, messages }) => {
      const texts = messages.map((bytes) => bytes.toString('latin1'));
      const shown = options.repeats === true ? texts : [...new Set(texts)];
      return shown.map((text, index) => `==== ${peer} hears ${index + 1}\n${scrub(text)}`);
    })
    .join('\n');
}

/** Branches and tags are numbered in the order of their appearance in the whole transcript. */
function scrubber({ names, exact }: TranscriptOptions): (text: string) => string {
  const branches: string[] = [];
  const tags: string[] = [];
  const numbered = (list: string[], value: string): number => {
    if (!list.includes(value)) list.push(value);
    return list.indexOf(value) + 1;
  };
  const line = (text: string): string =>
    text
      .replace(/\b\d{4,5}\b/g, (digits) => names.get(Number(digits)) ?? digits)
      .replace(/branch=z9hG4bK[^;,\s]*/g, (branch) => `branch=<${numbered(branches, branch)}>`)
      .replace(/tag=([^;,>\s]+)/g, (_, tag: string) => `tag=<${numbered(tags, tag)}>`)
      .replace(/\b(nonce|response|cnonce)="[^"]*"/g, '$1="*"')
      .replace(/^((?:Via|v):[^,]*);i=[0-9a-f]+/i, '$1')
      .replace(/rport=\d+/g, 'rport=<port>')
      .replace(/^(?:Via|v): .*$/i, (via) => (exact === true ? via : via.replace(/(?:;[^;,\s]+)+/g, sorted)))
      .replace(/^([\w-]+): +/, '$1: ')
      .replace(
        /^(Contact:.*;expires=)(\d+)/i,
        (_, head: string, seconds: string) => `${head}${nearly(Number(seconds))}`,
      );
  return (text) => {
    const split = text.indexOf('\r\n\r\n');
    const head = split < 0 ? text : text.slice(0, split);
    const body = split < 0 ? '' : text.slice(split + 4);
    const lines = head.split('\r\n').filter((field) => !/^(?:Server|User-Agent): *(?:kamailio|viaduct)/i.test(field));
    const ordered = exact === true ? lines : inOrder(lines);
    return [
      ...ordered.map((field) => line(field.trimEnd())),
      ...(body === '' ? [] : ['', ...body.split('\r\n').map(line)]),
    ].join('\n');
  };
}

const sorted = (params: string): string => `;${params.slice(1).split(';').toSorted().join(';')}`;

/** What stands above the first Via goes below it, the length of the body to the end. */
function inOrder(lines: readonly string[]): readonly string[] {
  const [first = '', ...fields] = lines.filter((field) => !isLength(field));
  const via = fields.findIndex((field) => /^(?:Via|v) *:/i.test(field));
  const fieldsFromVia =
    via < 0 ? fields : [...fields.slice(via, via + 1), ...fields.slice(0, via), ...fields.slice(via + 1)];
  return [first, ...fieldsFromVia, ...lines.filter(isLength)];
}

const isLength = (field: string): boolean => /^(?:Content-Length|l) *:/i.test(field);

/** A second may pass between registering and asking. */
const nearly = (seconds: number): number => Math.ceil(seconds / 10) * 10;
