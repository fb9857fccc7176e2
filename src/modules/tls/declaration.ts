/** What the module tls declares: its parameters, and the pseudo-variables of certificates. */
import type { ModuleDecl, PvDecl } from '../../engine/declaration.ts';
import { int, str } from '../../engine/spec.ts';

const file = (doc: string) => str({ file: true, doc });
const onOff = (doc: string) => int({ default: 0, min: 0, max: 1, doc });
const unused = (doc: string) => int({ doc: `Accepted: ${doc}` });

/** Suffix of a pseudo-variable, and the short name of the part in the certificate. */
export const nameParts = {
  _cn: 'CN',
  _organization: 'O',
  _unit: 'OU',
  _locality: 'L',
  _state: 'ST',
  _country: 'C',
} as const;

function certificatePvs(): Readonly<Record<string, PvDecl>> {
  const of = { peer: 'the peer', my: 'ourselves' } as const;
  const pvs: Record<string, PvDecl> = {};
  for (const [whose, who] of Object.entries(of)) {
    pvs[`tls_${whose}_serial`] = { type: 'str', doc: `Serial number of the certificate of ${who}, hexadecimal.` };
    for (const role of ['subject', 'issuer']) {
      pvs[`tls_${whose}_${role}`] = {
        type: 'str',
        doc: `The ${role} of the certificate of ${who}: \`/C=AT/CN=name\`.`,
      };
      for (const [suffix, part] of Object.entries(nameParts)) {
        pvs[`tls_${whose}_${role}${suffix}`] = { type: 'str', doc: `Its ${part}.` };
      }
    }
  }
  return pvs;
}

export const declaration = {
  name: 'tls',
  doc: 'Certificates and rules of TLS, in both directions: from parameters, or from a file with profiles by address and name.',
  params: {
    config: file("File with profiles, Kamailio's tls.cfg; the parameters below have no meaning then."),
    certificate: file('File of the certificate (PEM); it may hold the key.'),
    private_key: file('File of the key (PEM); the file of the certificate when absent.'),
    ca_list: file('File of the authorities that are trusted (PEM); without it those that Node trusts.'),
    ca_path: str({ doc: 'Refused: write the certificates into one file, `ca_list`.' }),
    crl: file('File of revoked certificates (PEM).'),
    tls_method: str({ doc: 'Versions: `TLSv1.2+`, `TLSv1.3`, ...; TLS 1.2 and newer when absent.' }),
    cipher_list: str({ doc: 'Ciphers, as OpenSSL writes them.' }),
    verify_certificate: onOff('1: a certificate must verify; of clients only if they present one.'),
    require_certificate: onOff('1: clients must present a certificate.'),
    verify_client: str({ doc: '`off`, `on`, `optional` or `optional_no_ca`: wins over the two above for clients.' }),
    verify_depth: unused('OpenSSL limits chains by itself.'),
    server_name: str({ doc: 'Accepted: a single certificate is shown for every name.' }),
    connection_timeout: unused('limits of connections are those of all transports.'),
    tls_disable_compression: unused('there is no compression.'),
    session_cache: unused('sessions are resumed by tickets.'),
    session_id: str({ doc: 'Accepted: the same.' }),
    renegotiation: unused('nobody can renegotiate.'),
    tls_log: unused('see `-d`.'),
    tls_debug: unused('see `-d`.'),
    tls_force_run: unused('there is one version of OpenSSL.'),
    send_close_notify: unused('it is sent.'),
    low_mem_threshold1: unused('memory is that of Node.'),
    low_mem_threshold2: unused('memory is that of Node.'),
    ssl_release_buffers: unused('memory is that of Node.'),
    ssl_freelist_max_len: unused('memory is that of Node.'),
    ssl_max_send_fragment: unused('memory is that of Node.'),
    ssl_read_ahead: unused('Node reads.'),
    con_ct_wq_max: unused('limits of connections are those of all transports.'),
    ct_wq_max: unused('limits of connections are those of all transports.'),
    ct_wq_blk_size: unused('limits of connections are those of all transports.'),
    event_callback: str({ doc: 'Accepted: it is for embedded languages.' }),
  },
  functions: {
    isPeerVerified: {
      cfg: ['is_peer_verified'],
      routes: ['request'],
      args: [],
      returns: 'boolean',
      doc: 'Whether the message came over TLS from a peer whose certificate verified.',
    },
  },
  pvs: {
    tls_version: { type: 'str', doc: 'Version of TLS: `TLSv1.3`; null without TLS, as all of these.' },
    tls_cipher_info: { type: 'str', doc: 'Name of the cipher.' },
    tls_peer_verified: { type: 'int', doc: '1 when the peer has a certificate that verified, else 0.' },
    tls_peer_server_name: { type: 'str', doc: 'Name that the client asked for (SNI).' },
    ...certificatePvs(),
  },
  rpc: {
    'tls.list': { doc: 'The open TLS connections.' },
    'tls.info': { doc: 'How many there are, and may be.' },
    'tls.reload': { doc: 'Reads the file of `config` and all certificates again, for new connections.' },
  },
} as const satisfies ModuleDecl;
