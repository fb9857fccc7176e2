/** ipops: questions about addresses, and to DNS. Same names and answers as Kamailio's ipops; a route that asks DNS holds up no other. */
import type { ReplyContext, RequestContext } from '../../engine/context.ts';
import type { Exchange, Slot } from '../../engine/exchange.ts';
import { defineModule } from '../../engine/module.ts';
import type { PvPlace } from '../../engine/pv-value.ts';
import { type Answer, type Answers, keepAnswer, readAnswer } from './answers.ts';
import { declaration } from './declaration.ts';
import { inNetworks, readAddress, sameAddress } from './networks.ts';
import { addressAnswer, matchesAddress, pointerAnswer, serverAnswer } from './questions.ts';
import { kindOf } from './ranges.ts';

type Ctx = RequestContext | ReplyContext;

export const ipops = defineModule(declaration, (host) => {
  const { resolver } = host.world;
  const addresses = host.slot<Answers>('addresses');
  const servers = host.slot<Answers>('servers');
  const pointers = host.slot<Answers>('pointers');
  return {
    functions: {
      ...addressFunctions,
      dnsSysMatchIp: (_, name, address) => matchesAddress(resolver, name, address),
      dnsIntMatchIp: (_, name, address) => matchesAddress(resolver, name, address),
      async dnsQuery({ exchange }, name, container) {
        const answer = await addressAnswer(resolver, name);
        return answer === undefined ? 'unresolved' : keep(addresses, exchange, container, answer);
      },
      srvQuery: async ({ exchange }, name, container) =>
        keep(servers, exchange, container, await serverAnswer(resolver, name)),
      naptrQuery: async ({ exchange }, name, container) =>
        keep(pointers, exchange, container, await pointerAnswer(resolver, name)),
      dnsSetLocalTtl: () => 'accepted',
    },
    pvs: {
      dns: { read: ({ exchange }, { inner }) => readAnswer(addresses.of(exchange), inner) },
      srvquery: { read: ({ exchange }, { inner }) => readAnswer(servers.of(exchange), inner) },
      naptrquery: { read: ({ exchange }, { inner }) => readAnswer(pointers.of(exchange), inner) },
    },
  };
});

function keep(slot: Slot<Answers>, exchange: Exchange, name: string, answer: Answer): 'answered' | 'full' {
  const known = slot.of(exchange);
  const answers: Answers = known ?? new Map();
  if (known === undefined) slot.put(exchange, answers);
  return keepAnswer(answers, name, answer) ? 'answered' : 'full';
}

const RFC1918 = '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16';

const addressFunctions = {
  isIp: (_: Ctx, text: string) => readAddress(text).kind !== 'none',
  isPureIp: (_: Ctx, text: string) => isPure(readAddress(text).kind),
  isIpv4: (_: Ctx, text: string) => readAddress(text).kind === 'ipv4',
  isIpv6: (_: Ctx, text: string) => readAddress(text).kind === 'ipv6',
  isIpv6Reference: (_: Ctx, text: string) => readAddress(text).kind === 'reference',
  ipType: (_: Ctx, text: string) => readAddress(text).kind,
  detailedIpType: (ctx: Ctx, text: string, place: PvPlace) => describe(ctx, text, place, 'any'),
  detailedIpv4Type: (ctx: Ctx, text: string, place: PvPlace) => describe(ctx, text, place, 'ipv4'),
  detailedIpv6Type: (ctx: Ctx, text: string, place: PvPlace) => describe(ctx, text, place, 'ipv6'),
  compareIps(_: Ctx, one: string, other: string) {
    const [a, b] = [readAddress(one), readAddress(other)];
    return a.kind !== 'none' && b.kind !== 'none' && sameAddress(a.bytes, b.bytes);
  },
  comparePureIps(_: Ctx, one: string, other: string) {
    const [a, b] = [readAddress(one), readAddress(other)];
    return (
      a.kind !== 'none' && b.kind !== 'none' && isPure(a.kind) && a.kind === b.kind && sameAddress(a.bytes, b.bytes)
    );
  },
  isIpRfc1918(_: Ctx, text: string) {
    const address = readAddress(text);
    return address.kind === 'ipv4' && inNetworks(address.bytes, RFC1918);
  },
  isInSubnet(_: Ctx, text: string, networks: string) {
    const address = readAddress(text);
    return address.kind !== 'none' && address.kind !== 'reference' && inNetworks(address.bytes, networks);
  },
};

const isPure = (kind: string): boolean => kind === 'ipv4' || kind === 'ipv6';

function describe(ctx: Ctx, text: string, place: PvPlace, family: 'any' | 'ipv4' | 'ipv6'): 'written' | 'none' {
  const address = readAddress(text.trim());
  if (address.kind === 'none') return 'none';
  const is = address.kind === 'reference' ? 'ipv6' : address.kind;
  const kind = family === 'any' || family === is ? kindOf(address.bytes) : undefined;
  if (kind === undefined) return 'none';
  place.write?.(ctx, kind);
  return 'written';
}
