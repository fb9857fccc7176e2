/** The two ends of a traced message, part by part, as `$siptrace(src_addr)` names them. */
import type { WireEvent } from '../../engine/exchange.ts';
import type { PvValue } from '../../engine/module.ts';

const PART = /^(src|dst)_(addr|hostip|host|port|proto)$/;

export function endPart({ flow, direction }: WireEvent, name: string): PvValue {
  const [, side, part = ''] = PART.exec(name) ?? [];
  const { address, port } = (side === 'src') === (direction === 'in') ? flow.remote : flow.local;
  switch (part) {
    case 'addr':
      return `${flow.transport}:${address.includes(':') ? `[${address}]` : address}:${port}`;
    case 'host':
    case 'hostip':
      return address;
    case 'port':
      return port;
    case 'proto':
      return flow.transport;
    default:
      return null;
  }
}
