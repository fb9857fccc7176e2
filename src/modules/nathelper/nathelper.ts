/**
 * nathelper: finds out who sits behind a NAT, writes real addresses where others will look for them, and pings bindings so
 * that the NAT keeps them. Same functions, bits and header forms as Kamailio's nathelper.
 */
import { defineModule } from '../../engine/module.ts';
import { splitElements } from '../../sip/elements.ts';
import { H } from '../../sip/header-names.ts';
import type { SipMessage } from '../../sip/message.ts';
import { avpName } from '../../util/avp-name.ts';
import { isIp } from '../../util/ip.ts';
import { addAliases, addReceived, fixContacts, needsAlias, setAliases } from './contact-edit.ts';
import { declaration } from './declaration.ts';
import { looksNatted } from './nat-test.ts';
import { Pings } from './pings.ts';
import { isPrivate } from './private-networks.ts';
import { aliasTarget, routeByAlias } from './ruri-alias.ts';
import { fixSdp } from './sdp.ts';
import { aliasText, sourceUri } from './source-address.ts';

export const nathelper = defineModule(declaration, (host) => {
  const { params } = host;
  const pings = new Pings(host);
  const wide = params.nat_addr_mode === 1;
  const receivedAvp = avpName(params.received_avp);
  const noProxyLine = params.nortpproxy_str.replace(/[\r\n]+$/, '');
  return {
    functions: {
      natUacTest: (ctx, bits) => looksNatted(ctx, bits, wide),
      isRfc1918: (_, address) => isPrivate(address, wide),
      fixNatedContact: ({ message, received }) => fixContacts(message, received.flow),
      setContactAlias: ({ message, received }, old) =>
        setAliases(message, received.flow, params.alias_name, old ?? 'keep'),
      addContactAlias({ message, received }, address, port, transport) {
        const { flow } = received;
        if (!message.headers.has(H.Contact)) return 'unneeded';
        if (address === undefined && !needsAlias(message, flow)) return 'unneeded';
        const host = address ?? flow.remote.address;
        if (!isIp(host)) return 'malformed';
        const alias = aliasText(host, port ?? flow.remote.port, transport ?? flow.transport);
        return addAliases(message, params.alias_name, alias);
      },
      handleRuriAlias: (ctx, which) => routeByAlias(ctx, params.alias_name, which ?? 'first'),
      aliasToVariable(ctx, variable) {
        const uri = aliasTarget(ctx.message, params.alias_name);
        if (uri === undefined) return 'none';
        variable.write?.(ctx, uri);
        return 'written';
      },
      addRcvParam: ({ message, received }, where) => addReceived(message, received.flow, where === 'uri'),
      fixNatedRegister({ state, received }) {
        if (receivedAvp === undefined) return 'noAvp';
        state.avps.set(receivedAvp, [sourceUri(received.flow)]);
        return 'stored';
      },
      fixNatedSdp({ message, received }, bits, address = received.flow.remote.address) {
        if (message.body === '') return 'malformed';
        const keepOld = params.append_sdp_oldmediaip === 1;
        const fixed = fixSdp(message.body, { bits, address, noProxyLine, keepOld });
        if (fixed === undefined) return 'malformed';
        if (fixed.body !== message.body) message.body = fixed.body;
        return fixed.replaced > 0 ? 'replaced' : 'nothingToReplace';
      },
    },
    pvs: {
      rr_count: { read: ({ message }) => message.headers.values(H.RecordRoute).length },
      rr_top_count: { read: ({ message }) => topCount(message) },
    },
    claims: { response: (response) => pings.claim(response) },
    start: () => pings.start(),
    stop: () => pings.stop(),
    rpc: { 'nathelper.enable_ping': ([on]) => pings.enable(Number(on) !== 0) },
  };
});

const PAIRED = /;\s*r2\s*=/i;

function topCount({ headers }: SipMessage): number {
  const [top] = splitElements(headers.get(H.RecordRoute) ?? '');
  if (top === undefined) return 0;
  return PAIRED.test(top) ? 2 : 1;
}
