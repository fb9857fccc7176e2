/** Where a message really came from, in the forms that Kamailio writes it: as a URI, and as the alias of a Contact. */
import type { Flow, Transport } from '../../transport/flow.ts';

/** Kamailio's numbers of the transports, as they stand in an alias. */
const NUMBERS: Readonly<Record<Transport, number>> = { udp: 1, tcp: 2, tls: 3, ws: 5, wss: 6 };

const transports: readonly Transport[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

export const transportOf = (number: string): Transport | undefined =>
  transports.find((transport) => String(NUMBERS[transport]) === number);

/** An address as it stands in a URI. */
export const hostText = (address: string): string => (address.includes(':') ? `[${address}]` : address);

export const hostPort = ({ remote }: Flow): string => `${hostText(remote.address)}:${remote.port}`;

/** `sip:address:port`, with the transport unless it is UDP. */
export function sourceUri(flow: Flow): string {
  const { transport } = flow;
  return `sip:${hostPort(flow)}${transport === 'udp' ? '' : `;transport=${transport}`}`;
}

/** `address~port~transport`. */
export const aliasText = (address: string, port: number, transport: Transport): string =>
  `${hostText(address)}~${port}~${NUMBERS[transport]}`;
