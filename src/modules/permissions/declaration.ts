/** What permissions declares: parameters, functions and RPC commands under Kamailio's names. */
import { choice, int, str } from '../../engine/spec.ts';

const anywhere = ['request', 'branch', 'onsend', 'reply', 'onreply', 'failure', 'branch_failure', 'event'] as const;

const routes = ['request', 'failure'] as const;
const ruleFiles = [
  str({
    optional: true,
    doc: 'Base name of the files, or the file of what is allowed when there is a second argument.',
  }),
  str({ optional: true, doc: 'File of what is denied.' }),
] as const;

export const LOAD = { address: 1, trusted: 2, rules: 12 } as const;

export const declaration = {
  name: 'permissions',
  doc: 'Who may send here: addresses by group, and trusted peers.',
  needs: ['db_text'],
  params: {
    db_url: str({
      doc: 'Where the tables are: `text:///directory`, `redis://host:port/db` or `memory:`; without it and address_file there are none.',
    }),
    address_file: str({ doc: 'A file of addresses instead of the table: `group address [mask [port [tag]]]` a line.' }),
    address_table: str({ default: 'address', doc: 'Table of addresses.' }),
    grp_col: str({ default: 'grp', doc: 'Its column of the group.' }),
    ip_addr_col: str({ default: 'ip_addr', doc: 'Its column of the address or name.' }),
    mask_col: str({ default: 'mask', doc: 'Its column of the leading bits that count; 0 for all.' }),
    port_col: str({ default: 'port', doc: 'Its column of the port; 0 for any.' }),
    trusted_table: str({ default: 'trusted', doc: 'Table of trusted peers.' }),
    source_col: str({ default: 'src_ip', doc: 'Its column of the address.' }),
    proto_col: str({ default: 'proto', doc: 'Its column of the transport: any, none, udp, tcp, tls, ws or wss.' }),
    from_col: str({ default: 'from_pattern', doc: 'Its column of a pattern of the From URI.' }),
    ruri_col: str({ default: 'ruri_pattern', doc: 'Its column of a pattern of the Request-URI.' }),
    tag_col: str({ default: 'tag', doc: 'Column of the tag, of both tables.' }),
    priority_col: str({
      default: 'priority',
      doc: 'Column of the priority of a trusted peer; the highest is tried first.',
    }),
    peer_tag_avp: str({ doc: 'AVP that gets the tag of what fitted, `$avp(name)` or its name.' }),
    peer_tag_mode: choice({
      choices: { first: ['0'], all: ['1'] },
      default: 'first',
      doc: 'The AVP gets the tag of the trusted peer that fitted, or of all that fit.',
    }),
    default_allow_file: str({ default: 'permissions.allow', doc: 'File of rules for allowRouting without names.' }),
    default_deny_file: str({ default: 'permissions.deny', doc: 'The file of what is denied.' }),
    allow_suffix: str({ default: '.allow', doc: 'Behind a base name: the file of what is allowed.' }),
    deny_suffix: str({ default: '.deny', doc: 'Behind a base name: the file of what is denied.' }),
    check_all_branches: int({ default: 1, min: 0, max: 1, doc: 'allowRouting looks at all branches.' }),
    max_subnets: int({ default: 512, min: 0, max: 100_000, doc: 'Networks; they are tried one after the other.' }),
    load_backends: int({
      default: 15,
      min: 0,
      max: 0xffff,
      doc: 'Bits: 1 table of addresses, 2 of trusted peers; all others have no meaning here.',
    }),
    db_mode: int({ default: 0, min: 0, max: 1, doc: 'Accepted; tables are in memory anyway.' }),
    reload_delta: int({ default: 5, min: 0, doc: 'Accepted; a reload has no cost that needs a pause.' }),
    trusted_cleanup_interval: int({ default: -1, doc: 'Accepted; nothing is left behind to clean up.' }),
  },
  functions: {
    allowSourceAddress: {
      cfg: ['allow_source_address'],
      routes: anywhere,
      args: [int({ optional: true, doc: 'Group; 1 when absent.' })],
      returns: 'boolean',
      doc: 'Whether the source address and port are in a group.',
    },
    allowAddress: {
      cfg: ['allow_address'],
      routes: anywhere,
      args: [
        int({ doc: 'Group.' }),
        str({ doc: 'Address or host name.' }),
        int({ optional: true, doc: 'Port; 0 when absent.' }),
      ],
      cfgArity: [3],
      returns: 'boolean',
      doc: 'Whether an address or name, and a port, are in a group.',
    },
    sourceGroup: {
      cfg: ['allow_source_address_group'],
      routes: anywhere,
      args: [],
      returns: 'number',
      doc: 'The group of the source address and port; -1 when they are in none.',
    },
    addressGroup: {
      cfg: ['allow_address_group'],
      routes: anywhere,
      args: [str({ doc: 'Address or host name.' }), int({ doc: 'Port.' })],
      returns: 'number',
      doc: 'The group of an address or name and a port; -1 when they are in none.',
    },
    allowRouting: {
      cfg: ['allow_routing'],
      routes,
      args: ruleFiles,
      returns: 'boolean',
      async: true,
      doc: 'Whether the caller may send to the Request-URI, and to all branches. Waits when the files were not read yet.',
    },
    allowRegister: {
      cfg: ['allow_register'],
      routes,
      args: ruleFiles,
      cfgArity: [1, 2],
      returns: 'boolean',
      async: true,
      doc: 'Whether the user of To may register every Contact. Waits as `allowRouting` does.',
    },
    allowUri: {
      cfg: ['allow_uri'],
      routes,
      args: [str({ doc: 'Base name of the files.' }), str({ doc: 'URI.' })],
      returns: 'boolean',
      async: true,
      doc: 'Whether the caller may use a URI. Waits as `allowRouting` does.',
    },
    allowTrusted: {
      cfg: ['allow_trusted'],
      routes: anywhere,
      args: [
        str({ optional: true, doc: 'Address; the source when absent.' }),
        str({ optional: true, doc: 'Transport; that of the message when absent.' }),
        str({ optional: true, doc: 'From URI; that of the message when absent.' }),
      ],
      cfgArity: [0, 2, 3],
      returns: 'boolean',
      doc: 'Whether the peer is a trusted one that may send this.',
    },
  },
  rpc: {
    'permissions.addressReload': {
      doc: 'Reads address_file or all tables of db_text again; after an error the old addresses stay.',
    },
    'permissions.addressDump': { doc: 'Addresses.' },
    'permissions.subnetDump': { doc: 'Networks.' },
    'permissions.domainDump': { doc: 'Host names.' },
    'permissions.trustedReload': { doc: 'Reads all tables of db_text again; after an error the old rows stay.' },
    'permissions.trustedDump': { doc: 'Trusted peers.' },
    'permissions.testUri': { doc: 'What allow_uri says: base name, URI of the caller, URI.' },
    'permissions.allowUri': { doc: 'The same.' },
  },
} as const;
