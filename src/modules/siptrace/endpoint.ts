/** Reads the addresses that siptrace's parameters, functions and headers name. */
import { isIp } from '../../util/ip.ts';

/** `proto:ip:port`, as Kamailio wants it in HEP mode, or an address with or without a port. */
export function parseEndpoint(
  text: string,
): { readonly address: string; readonly port: number | undefined } | undefined {
  const bare = text.replace(/^(udp|tcp|tls|ws|wss|sctp|any):/i, '');
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(bare);
  const address = match?.[1] ?? match?.[2] ?? (isIp(bare) ? bare : undefined);
  if (address === undefined || !isIp(address)) return undefined;
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  return port !== undefined && port > 65_535 ? undefined : { address, port };
}
