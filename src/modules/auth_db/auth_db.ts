/**
 * auth_db, users from a table: gives the functions of auth the credentials of `subscriber`, and asks whether somebody is
 * in there. Parameters and their defaults are those of Kamailio's auth_db.
 */
import { type Host, defineModule } from '../../engine/module.ts';
import { choice, int, list, str } from '../../engine/spec.ts';
import { ViaductError } from '../../errors.ts';
import { parseUri, unescapeUri } from '../../sip/uri.ts';
import { parseLoads, Subscribers } from './subscribers.ts';

const onOff = { choices: { off: ['0', 'no'], on: ['1', 'yes'] }, default: 'off' } as const;

/** Compare the domain as well. */
const FLAG_DOMAIN = 1;

const declaration = {
  name: 'auth_db',
  doc: 'Users from a table, for the functions of auth.',
  needs: ['auth', 'db_text'],
  params: {
    db_url: str({
      doc: 'Where the tables are: `text:///directory`, `redis://host:port/db` or `memory:`; else that of db_text.',
    }),
    tables: list({
      default: ['subscriber'],
      doc: 'Tables that routes may name. The first is meant when they name none.',
    }),
    user_column: str({ default: 'username', doc: 'Column of the user name.' }),
    domain_column: str({ default: 'domain', doc: 'Column of the domain.' }),
    password_column: str({ default: 'ha1', doc: 'Column of the hash, or of the password with `calculate_ha1`.' }),
    password_column_2: str({ default: 'ha1b', doc: 'Column of the hash for user names of the form user@domain.' }),
    calculate_ha1: choice({ ...onOff, doc: '`password_column` holds passwords, not hashes.' }),
    use_domain: choice({ ...onOff, doc: 'A user is found by name and domain, not by name alone.' }),
    load_credentials: str({
      default: 'rpid',
      doc: 'Columns that become AVPs of who logged in: `column;$avp(name)=column`.',
    }),
    version_table: int({ default: 1, min: 0, max: 1, doc: 'Accepted; there are no versions to check.' }),
  },
  functions: {
    isSubscriber: {
      cfg: ['is_subscriber'],
      routes: ['request', 'failure', 'branch', 'onreply'],
      args: [
        str({ doc: 'URI of the user.' }),
        str({ doc: 'Table.' }),
        int({ min: 0, max: 1, doc: 'Bits: 1 the domain counts as well.' }),
      ],
      returns: 'boolean',
      doc: 'Whether a user with this name is in the table.',
    },
  },
} as const;

export const auth_db = defineModule(declaration, (host) => {
  const { params, log } = host;
  const subscribers = subscribersOf(host, params.use_domain === 'on');
  const byName = subscribersOf(host, false);
  const byAddress = subscribersOf(host, true);
  host.use('auth').supply(subscribers);
  return {
    functions: {
      isSubscriber(_, text, table, flags) {
        const uri = parseUri(text);
        if (uri?.kind !== 'sip' || uri.user === undefined) {
          log.write('warn', 'is_subscriber: not a URI with a user', { uri: text });
          return false;
        }
        const user = Buffer.from(unescapeUri(uri.user), 'latin1').toString('utf8');
        const among = (flags & FLAG_DOMAIN) === 0 ? byName : byAddress;
        return among.row(user, uri.host, table) !== undefined;
      },
    },
  };
});

function subscribersOf(host: Host<typeof declaration>, useDomain: boolean): Subscribers {
  const { params, log } = host;
  const loads = parseLoads(params.load_credentials);
  if (loads === undefined) {
    throw new ViaductError('PARAM_VALUE', 'auth_db.load_credentials takes column;$avp(name)=column;...');
  }
  const source = { param: 'auth_db.db_url', url: params.db_url };
  const settings = {
    columns: {
      user: params.user_column,
      domain: params.domain_column,
      password: params.password_column,
      password2: params.password_column_2,
    },
    calculateHa1: params.calculate_ha1 === 'on',
    useDomain,
    loads,
  };
  return new Subscribers(
    params.tables.map((name) => host.use('db_text').table(name, source)),
    settings,
    (name) => log.write('error', 'a route names a table that auth_db.tables does not have', { table: name }),
  );
}
