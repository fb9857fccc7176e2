/**
 * alias_db, other names of users: the Request-URI of an alias becomes that of the user it stands for. Functions,
 * parameters and results are those of Kamailio's alias_db.
 */
import type { RequestContext } from '../../engine/context.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { choice, list, str } from '../../engine/spec.ts';
import { latin1 } from '../../sip/field.ts';
import { parseUri } from '../../sip/uri.ts';
import type { Cell, Row, Table } from '../db_text/api.ts';

/** Branches that one alias makes. */
export const MAX_BRANCHES = 32;

const onOff = { choices: { off: ['0', 'no'], on: ['1', 'yes'] }, default: 'off' } as const;

const declaration = {
  name: 'alias_db',
  doc: 'Other names of users, from a table.',
  needs: ['db_text'],
  params: {
    db_url: str({
      doc: 'Where the tables are: `text:///directory`, `redis://host:port/db` or `memory:`; else that of db_text.',
    }),
    tables: list({ default: ['dbaliases'], doc: 'Tables that routes may name.' }),
    user_column: str({ default: 'username', doc: 'Column of the user.' }),
    domain_column: str({ default: 'domain', doc: 'Column of the domain of the user.' }),
    alias_user_column: str({ default: 'alias_username', doc: 'Column of the alias.' }),
    alias_domain_column: str({ default: 'alias_domain', doc: 'Column of the domain of the alias.' }),
    use_domain: choice({ ...onOff, doc: 'The domain of an alias counts as well.' }),
    domain_prefix: str({ default: '', doc: 'Cut off a domain that begins with it.' }),
    append_branches: choice({ ...onOff, doc: 'An alias of several users makes branches of all but the first.' }),
  },
  functions: {
    lookup: {
      cfg: ['alias_db_lookup'],
      routes: ['request', 'failure'],
      args: [
        str({ doc: 'Table: `dbaliases`.' }),
        str({
          optional: true,
          doc: 'Letters: d the domain does not count, r from user to alias, u keep the URI parameters.',
        }),
      ],
      returns: { found: 1, notFound: -1 },
      doc: 'Replaces the Request-URI by that of the user whom it is an alias of.',
    },
  },
} as const;

export const alias_db = defineModule(declaration, (host) => {
  const { params, log } = host;
  const source = { param: 'alias_db.db_url', url: params.db_url };
  const tables = new Map(params.tables.map((name) => [name, host.use('db_text').table(name, source)]));
  return {
    functions: {
      lookup(ctx, name, flags = '') {
        const table = tables.get(name);
        if (table !== undefined) return replace(host, ctx, table, flags);
        log.write('error', 'a route names a table that alias_db.tables does not have', { table: name });
        return 'notFound';
      },
    },
  };
});

function replace(
  host: Host<typeof declaration>,
  ctx: RequestContext,
  table: Table,
  flags: string,
): 'found' | 'notFound' {
  const { params } = host;
  const uri = parseUri(ctx.message.uri);
  if (uri?.kind !== 'sip' || uri.user === undefined) return 'notFound';
  const alias = { user: params.alias_user_column, domain: params.alias_domain_column };
  const user = { user: params.user_column, domain: params.domain_column };
  const [from, to] = flags.includes('r') ? [user, alias] : [alias, user];
  const withDomain = params.use_domain === 'on' && !flags.includes('d');
  const domain = withoutPrefix(uri.host.toLowerCase(), params.domain_prefix.toLowerCase());
  const suffix = flags.includes('u') ? uri.params.toString() : '';
  const [first, ...others] = table
    .rows({ [from.user]: Buffer.from(uri.user, 'latin1').toString('utf8') })
    .filter((row) => !withDomain || textOf(row[from.domain]).toLowerCase() === domain)
    .flatMap((row) => uriOf(row, to, uri.host, suffix));
  if (first === undefined) return 'notFound';
  ctx.message.uri = first;
  if (params.append_branches === 'on') {
    for (const other of others.slice(0, MAX_BRANCHES)) ctx.appendBranch(other, 0);
  }
  return 'found';
}

/** Nothing when the row names nobody, or what it names is no URI. A row without a domain leaves the one there is. */
function uriOf(
  row: Row,
  columns: { readonly user: string; readonly domain: string },
  host: string,
  suffix: string,
): readonly string[] {
  const user = textOf(row[columns.user]);
  const uri = latin1(`sip:${user}@${textOf(row[columns.domain]) || host}${suffix}`);
  return user === '' || parseUri(uri) === undefined ? [] : [uri];
}

const withoutPrefix = (host: string, prefix: string): string =>
  prefix !== '' && host.length > prefix.length && host.startsWith(prefix) ? host.slice(prefix.length) : host;

const textOf = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '' : String(cell));
