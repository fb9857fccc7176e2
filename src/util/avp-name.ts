/** The AVP that a parameter names: `$avp(name)`, `$(avp(name))`, `$avp(s:name)` and plain `name` mean the same one. */

const AVP = /^\$(?:avp|\(avp)\((?:s:)?([^()]+)\)\)?$/;

/** Undefined when the parameter is not set. */
export function avpName(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : (AVP.exec(text)?.[1] ?? text);
}
