/**
 * The addresses in a session description (RFC 4566 sections 5.2 and 5.7), read and replaced. Whatever else stands there
 * stays as it is.
 */

/** Lines of a body that are looked at; what follows is left alone. */
export const MAX_SDP_LINES = 1_000;

const CONNECTION = /^c=IN[ \t]+IP([46])[ \t]+([^ \t/\r\n]+)/;
const MEDIA = /^m=/;
const NO_ADDRESS = '0.0.0.0';

const linesOf = (body: string): readonly string[] => body.split('\n', MAX_SDP_LINES);

/** The address of each medium: its own, else that of the session. Only IPv4, without the null address of a hold. */
export function connectionAddresses(body: string): readonly string[] {
  const found: string[] = [];
  let session: string | undefined;
  let medium: { address: string | undefined } | undefined;
  const close = (): void => {
    const address = medium === undefined ? undefined : (medium.address ?? session);
    if (address !== undefined && address !== NO_ADDRESS) found.push(address);
  };
  for (const line of linesOf(body)) {
    if (MEDIA.test(line)) {
      close();
      medium = { address: undefined };
      continue;
    }
    const [, version, address] = CONNECTION.exec(line) ?? [];
    if (version !== '4' || address === undefined) continue;
    if (medium === undefined) session ??= address;
    else medium.address ??= address;
  }
  close();
  return found;
}

/** The address of the session, before any medium. */
export function sessionAddress(body: string): string | undefined {
  for (const line of linesOf(body)) {
    if (MEDIA.test(line)) return undefined;
    const address = CONNECTION.exec(line)?.[2];
    if (address !== undefined) return address;
  }
  return undefined;
}

export const SDP_FIX = { active: 1, mediaAddress: 2, noProxy: 4, originAddress: 8 } as const;

export interface SdpFixes {
  readonly bits: number;
  readonly address: string;
  /** A line for `noProxy`, without its end. */
  readonly noProxyLine: string;
  /** Write what was there as `a=oldmediaip:`. */
  readonly keepOld: boolean;
}

export interface FixedSdp {
  readonly body: string;
  readonly replaced: number;
}

const ADDRESS_OF = {
  c: /^(c=IN[ \t]+IP)([46])([ \t]+)([^ \t/\r\n]+)/,
  o: /^(o=.*[ \t]IN[ \t]+IP)([46])([ \t]+)([^ \t\r\n]+)/,
};

/** Undefined when an address was to be replaced and there is none. */
export function fixSdp(body: string, fixes: SdpFixes): FixedSdp | undefined {
  const has = (bit: number): boolean => (fixes.bits & bit) !== 0;
  const end = body.includes('\r\n') ? '\r\n' : '\n';
  const lines = body.split(end);
  const rest = lines.splice(MAX_SDP_LINES);
  const closed = rest.length === 0 && lines.at(-1) === '';
  if (closed) lines.pop();
  const added: string[] = [];
  let replaced = 0;
  if (has(SDP_FIX.active)) markActive(lines);
  if (has(SDP_FIX.noProxy) && fixes.noProxyLine !== '') added.push(fixes.noProxyLine);
  for (const [bit, kind] of WHICH) {
    if (!has(bit)) continue;
    const count = replaceAddresses(lines, ADDRESS_OF[kind], fixes, added);
    if (count === undefined) return undefined;
    replaced += count;
  }
  return { body: [...lines, ...rest, ...added, ...(closed ? [''] : [])].join(end), replaced };
}

const WHICH = [
  [SDP_FIX.mediaAddress, 'c'],
  [SDP_FIX.originAddress, 'o'],
] as const;

/** At the end of each medium. */
function markActive(lines: string[]): void {
  let media = false;
  for (let at = 0; at <= lines.length; at++) {
    const line = lines[at];
    if (line !== undefined && !MEDIA.test(line)) continue;
    if (media) lines.splice(at++, 0, 'a=direction:active');
    media = true;
  }
}

function replaceAddresses(lines: string[], pattern: RegExp, fixes: SdpFixes, added: string[]): number | undefined {
  let found = false;
  let replaced = 0;
  const version = fixes.address.includes(':') ? '6' : '4';
  for (const [at, line] of lines.entries()) {
    const [whole, head = '', oldVersion, space = ' ', old] = pattern.exec(line) ?? [];
    if (whole === undefined || old === undefined) continue;
    found = true;
    if (old === NO_ADDRESS || old === fixes.address) continue;
    lines[at] = `${head}${version}${space}${fixes.address}${line.slice(whole.length)}`;
    if (fixes.keepOld) added.push(`a=oldmediaip${oldVersion === '6' ? '6' : ''}:${old}`);
    replaced++;
  }
  return found ? replaced : undefined;
}
