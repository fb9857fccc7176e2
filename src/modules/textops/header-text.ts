/** A header as scripts write it, `Name: value` and a line end, in its two parts. */

const HEADER = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*:([^\r\n\0]*)(?:\r?\n)?$/;

/** Undefined when it is anything but one line: what a peer sent and a script put into it cannot make a second header. */
export function parseHeaderText(text: string): readonly [name: string, value: string] | undefined {
  const [, name, value] = HEADER.exec(text) ?? [];
  return name === undefined || value === undefined ? undefined : [name, value.trim()];
}
