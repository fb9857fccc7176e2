/**
 * registrar: takes REGISTER requests (RFC 3261 section 10) into usrloc, and finds the contacts of users there. Functions,
 * parameters, replies and results are those of Kamailio's registrar; README.md lists where they differ.
 */
import { defineModule, type Host } from '../../engine/module.ts';
import { measured } from '../../engine/statistic.ts';
import type { LocationEvent, UsrlocApi } from '../usrloc/api.ts';
import type {} from '../pv/api.ts';
import type { Answer } from './answer.ts';
import type { AorRules } from './aor.ts';
import { ContactReader, type Profiles } from './contact-list.ts';
import { declaration } from './declaration.ts';
import { EXPIRED_ROUTE, expiredContext, runExpiredRoute } from './expired-event.ts';
import { Lookup } from './lookup.ts';
import { Saver, type SaveSettings } from './save.ts';
import { socketText } from './socket.ts';
import { Users } from './users.ts';
import { RegistrarXavps } from './xavps.ts';

type RegistrarHost = Host<typeof declaration>;

export const registrar = defineModule(declaration, (host) => {
  const { engine, stats } = host;
  const usrloc = host.use('usrloc');
  const aor = aorRules(host, usrloc);
  const profiles = host.slot<Profiles>('profiles');
  const xavps = xavpsOf(host, usrloc);
  const users = new Users(usrloc, aor, profiles, xavps);
  const held = host.slot<Answer>('reply');
  const saver = new Saver({ engine, usrloc, stats, xavps, held, settings: saveSettings(host, aor) });
  const lookup = new Lookup({ engine, usrloc, xavps, settings: lookupSettings(host, aor) });
  const reader = new ContactReader(usrloc, () => engine.world.clock.wall());
  usrloc.on((event) => onExpiry(host, event, users));
  if (host.params.gruu_enabled === 1) host.log.write('warn', 'there is no GRUU: gruu_enabled has no effect');
  return {
    functions: {
      save: (ctx, table, flags, uri) => saver.save(ctx, table, flags ?? 0, uri),
      lookup(ctx, table, uri) {
        const fetching = lookup.fetch(ctx, table, uri);
        if (fetching === undefined) return lookup.toRequest(ctx, table, uri);
        return fetching.then(() => lookup.toRequest(ctx, table, uri));
      },
      lookupToDset(ctx, table, uri) {
        const fetching = lookup.fetch(ctx, table, uri);
        if (fetching === undefined) return lookup.toBranches(ctx, table, uri);
        return fetching.then(() => lookup.toBranches(ctx, table, uri));
      },
      lookupBranches(ctx, table) {
        const fetching = lookup.fetch(ctx, table, undefined);
        if (fetching === undefined) return lookup.ofBranches(ctx, table);
        return fetching.then(() => lookup.ofBranches(ctx, table));
      },
      registered: (ctx, table, uri, ...[match = 0, actions = 0]) =>
        users.isRegistered(ctx, { table, uri, match, actions }),
      unregister: (ctx, table, uri, ruid) => users.unregister(table, uri || (ctx.message.to?.uri ?? ''), ruid),
      fetchContacts: ({ exchange }, table, uri, profile) => users.fetch(exchange, table, uri, profile),
      freeContacts: ({ exchange }, profile) => users.free(exchange, profile),
      sendReply: (ctx) => saver.sendHeld(ctx),
      addSockHdr({ message, received }, name) {
        message.headers.append(name, socketText(received.flow));
        return 'added';
      },
    },
    statistics: () =>
      (['max_expires', 'max_contacts', 'default_expires'] as const).map((name) =>
        measured('registrar', name, host.params[name]),
      ),
    pvs: { ulc: { read: ({ exchange }, ref) => reader.read(profiles.of(exchange), ref) } },
  };
});

function xavpsOf(host: RegistrarHost, usrloc: UsrlocApi): RegistrarXavps {
  const { params } = host;
  const names = { config: params.xavp_cfg, record: params.xavp_rcd, mask: params.xavp_rcd_mask };
  return new RegistrarXavps(
    names,
    () => host.find('pv'),
    (binding) => usrloc.secondsLeft(binding),
  );
}

function aorRules({ params }: RegistrarHost, usrloc: UsrlocApi): AorRules {
  return {
    useDomain: usrloc.useDomain,
    caseSensitive: params.case_sensitive === 'on',
    realmPrefix: params.realm_prefix,
  };
}

function saveSettings({ params }: RegistrarHost, aor: AorRules): SaveSettings {
  return {
    aor,
    terms: {
      defaultExpires: params.default_expires,
      minExpires: params.min_expires,
      maxExpires: params.max_expires,
      refuseTooBrief: params.min_expires_mode === 'refuse',
      expiresRange: params.expires_range,
      defaultExpiresRange: params.default_expires_range,
      defaultQ: params.default_q,
      contactMaxSize: params.contact_max_size,
    },
    answer: {
      receivedParam: params.received_param,
      pathMode: params.path_mode,
      minExpires: params.min_expires,
      retryAfter: params.retry_after,
    },
    socket: { flag: params.sock_flag, header: params.sock_hdr_name },
    maxContacts: params.max_contacts,
    usePath: params.use_path === 'on',
    pathUseReceived: params.path_use_received === 'on',
    receivedAvp: avpName(params.received_avp),
  };
}

const lookupSettings = ({ params }: RegistrarHost, aor: AorRules) => ({
  aor,
  appendBranches: params.append_branches === 'on',
  methodFiltering: params.method_filtering === 'on',
  pathCheckLocal: params.path_check_local === 'on',
  byFlags: (params.lookup_filter_mode & 1) !== 0,
  byConnection: (params.lookup_filter_mode & 2) !== 0,
});

const AVP = /^\$avp\((?:[si]:)?([^)]+)\)$/;

/** `$avp(name)`, `$avp(s:name)` and plain `name` mean the same. */
const avpName = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : (AVP.exec(text)?.[1] ?? text);

/** Kamailio's profile of what has expired. */
const EXPIRED_PROFILE = 'exp';

function onExpiry(host: RegistrarHost, { kind, location, binding }: LocationEvent, users: Users): void {
  const route = kind === 'expired' ? host.routes.event?.[EXPIRED_ROUTE] : undefined;
  if (route === undefined) return;
  const ctx = expiredContext(binding, host.world.clock.wall());
  if (ctx === undefined) return;
  users.keep(ctx.exchange, EXPIRED_PROFILE, { table: location.name, aor: binding.aor, contacts: [binding] });
  runExpiredRoute(route, ctx, (error) => {
    const what = error instanceof Error ? error.message : String(error);
    host.log.write('error', `event_route[${EXPIRED_ROUTE}] threw`, { error: what });
  });
}
