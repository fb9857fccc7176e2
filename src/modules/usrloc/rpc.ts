/** The commands `ul.*`, with Kamailio's arguments, answers and refusals. */
import { RpcFault } from '../../engine/rpc-fault.ts';
import { latin1 } from '../../sip/field.ts';
import { after, type Instant } from '../../util/time.ts';
import type { Binding, BindingValues } from './api.ts';
import { aorHash } from './aor-hash.ts';
import type { Bindings } from './bindings.ts';
import { type LocationTable, wallSeconds } from './location-table.ts';

type Params = readonly (string | number)[];

const NOT_SET = '[not set]';
const CALL_ID = 'dfjrewr12386fd6-343@kamailio.rpc';
const USER_AGENT = 'kamailio SIP Router - RPC Server';
const ALL_METHODS = 0xffff_ffff;

export interface LocationRpcSettings {
  readonly useDomain: boolean;
  /** Kamailio's slots: two to this power. */
  readonly hashSize: number;
}

export class LocationRpc {
  readonly #bindings: Bindings;
  readonly #settings: LocationRpcSettings;

  constructor(bindings: Bindings, settings: LocationRpcSettings) {
    this.#bindings = bindings;
    this.#settings = settings;
  }

  /** `brief`: the addresses of record alone. */
  dump([brief]: Params): unknown {
    const isBrief = brief === 'brief';
    return { Domains: [...this.#bindings.tables.values()].map((table) => this.#dumped(table, isBrief)) };
  }

  lookup([name, text]: Params): unknown {
    if (name === undefined || text === undefined) throw refused('Not enough parameters (table and AOR to lookup)');
    const table = this.#table(name);
    const aor = this.#aor(table, text);
    const contacts = table.list(aor);
    if (contacts.length === 0) throw refused('AOR not found in location table');
    return { AoR: aor, Contacts: contacts.map((binding) => this.#shown(binding)) };
  }

  add(params: Params): unknown {
    const [name, text, uri, expires, q, path, flags, branchFlags, methods] = params;
    const numbers = [expires, q, flags, branchFlags, methods].map(Number);
    if (params.length !== 9 || name === undefined || text === undefined || numbers.some(Number.isNaN)) {
      throw refused('Not enough parameters or wrong format');
    }
    const table = this.#table(name);
    const aor = this.#aor(table, text);
    const [seconds = 0, weight = 0, bits = 0, branchBits = 0, methodBits = ALL_METHODS] = numbers;
    const values = addedBinding({
      uri: latin1(String(uri)),
      path: path === '0' || path === 0 ? '' : latin1(String(path)),
      expires: seconds === 0 ? undefined : after(this.#bindings.now(), seconds * 1000),
      q: Math.min(Math.max(Math.round(weight * 1000), -1), 1000),
      flags: bits,
      branchFlags: branchBits,
      methods: methodBits >>> 0,
    });
    const known = table.find(aor, values);
    if (known !== undefined) table.update(known, values);
    else if (table.insert(aor, values) === 'full') throw refused("Can't insert contact");
    return {};
  }

  remove([name, text]: Params): unknown {
    if (name === undefined || text === undefined) throw refused('Not enough parameters (table and AOR to lookup)');
    const table = this.#table(name);
    table.removeAll(this.#aor(table, text));
    return {};
  }

  removeContact([name, text, uri]: Params): unknown {
    if (name === undefined || text === undefined || uri === undefined) {
      throw refused('Not enough parameters (table, AOR and contact)');
    }
    const table = this.#table(name);
    const contacts = table.list(this.#aor(table, text));
    if (contacts.length === 0) throw new RpcFault(404, 'AOR not found');
    const contact = contacts.find((binding) => binding.uri === latin1(String(uri)));
    if (contact === undefined) throw new RpcFault(404, 'Contact not found');
    table.remove(contact);
    return {};
  }

  databaseOnly(): never {
    throw refused('Command is not supported in db_mode=0');
  }

  #table(name: string | number): LocationTable {
    const table = this.#bindings.tables.get(String(name));
    if (table === undefined) throw refused('Domain table not found');
    return table;
  }

  /** In lower case, unless it is registered as it is written. */
  #aor(table: LocationTable, text: string | number): string {
    const written = latin1(String(text));
    const at = written.indexOf('@');
    if (this.#settings.useDomain && at < 0) throw refused('Domain missing in AOR');
    const aor = this.#settings.useDomain || at < 0 ? written : written.slice(0, at);
    return table.list(aor).length > 0 ? aor : aor.toLowerCase();
  }

  #dumped(table: LocationTable, isBrief: boolean): unknown {
    const size = 2 ** this.#settings.hashSize;
    const slots = new Map<number, number>();
    const aors = [...table.aors()].map((aor) => {
      const hash = aorHash(aor);
      slots.set(hash % size, (slots.get(hash % size) ?? 0) + 1);
      if (isBrief) return { AoR: aor };
      return { Info: { AoR: aor, HashID: hash, Contacts: table.list(aor).map((binding) => this.#shown(binding)) } };
    });
    const stats = { Records: aors.length, 'Max-Slots': Math.max(0, ...slots.values()) };
    return { Domain: { Domain: table.name, Size: size, AoRs: aors, Stats: stats } };
  }

  #shown(binding: Binding): unknown {
    return {
      Contact: {
        Address: binding.uri,
        Expires: secondsLeft(binding, this.#bindings.now()) ?? 'permanent',
        Q: binding.q < 0 ? -1 : binding.q / 1000,
        'Call-ID': binding.callId,
        CSeq: binding.cseq,
        'User-Agent': binding.userAgent || NOT_SET,
        Received: binding.received || NOT_SET,
        Path: binding.path || NOT_SET,
        State: 'CS_NEW',
        Flags: binding.flags,
        CFlags: binding.branchFlags,
        Socket: socketOf(binding),
        Methods: binding.methods,
        Ruid: binding.ruid,
        Instance: binding.instance || NOT_SET,
        'Reg-Id': binding.regId,
        'Server-Id': 0,
        'Tcpconn-Id': binding.connection === 0 ? -1 : binding.connection,
        Keepalive: 0,
        'Last-Keepalive': wallSeconds(binding.modified),
        'KA-Roundtrip': 0,
        'Last-Modified': wallSeconds(binding.modified),
      },
    };
  }
}

const refused = (message: string): RpcFault => new RpcFault(500, message);

/** Seconds until a binding expires, rounded up; undefined when it never does. */
export function secondsLeft({ expires }: Binding, now: Instant): number | undefined {
  return expires === undefined ? undefined : Math.max(0, Math.ceil((expires - now) / 1000));
}

type Added = Pick<BindingValues, 'uri' | 'path' | 'expires' | 'q' | 'flags' | 'branchFlags' | 'methods'>;

const addedBinding = (given: Added): BindingValues => ({
  ...given,
  instance: '',
  regId: 0,
  callId: CALL_ID,
  cseq: 1,
  userAgent: USER_AGENT,
  received: '',
  listener: undefined,
  connection: 0,
});

/** `udp:192.0.2.1:5060` */
export function socketOf({ listener }: Binding): string {
  if (listener === undefined) return NOT_SET;
  const { address, port } = listener.local;
  return `${listener.transport}:${address.includes(':') ? `[${address}]` : address}:${port}`;
}
