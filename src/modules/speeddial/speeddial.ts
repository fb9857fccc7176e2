/**
 * speeddial: short numbers of a user. What a user dialled becomes the address that the table has for it. Functions,
 * parameters and results are those of Kamailio's speeddial.
 */
import type { RequestContext } from '../../engine/context.ts';
import { defineModule, type Host } from '../../engine/module.ts';
import { int, list, str } from '../../engine/spec.ts';
import { latin1 } from '../../sip/field.ts';
import { parseUri, type SipUri } from '../../sip/uri.ts';
import type { Cell, Table } from '../db_text/api.ts';

const declaration = {
  name: 'speeddial',
  doc: 'Short numbers of users, from a table.',
  needs: ['db_text'],
  params: {
    db_url: str({
      doc: 'Where the tables are: `text:///directory`, `redis://host:port/db` or `memory:`; else that of db_text.',
    }),
    tables: list({ default: ['speed_dial'], doc: 'Tables that routes may name.' }),
    user_column: str({ default: 'username', doc: 'Column of the user.' }),
    domain_column: str({ default: 'domain', doc: 'Column of the domain of the user.' }),
    sd_user_column: str({ default: 'sd_username', doc: 'Column of what is dialled.' }),
    sd_domain_column: str({ default: 'sd_domain', doc: 'Column of the domain that is dialled.' }),
    new_uri_column: str({ default: 'new_uri', doc: 'Column of the address.' }),
    use_domain: int({
      default: 0,
      min: 0,
      max: 2,
      doc: '1: the domain of the user counts; 2: that of the number too.',
    }),
    domain_prefix: str({ default: '', doc: 'Cut off a domain that begins with it.' }),
  },
  functions: {
    lookup: {
      cfg: ['sd_lookup'],
      routes: ['request'],
      args: [
        str({ doc: 'Table: `speed_dial`.' }),
        str({ optional: true, doc: 'URI of the user; that of From when absent.' }),
      ],
      returns: { found: 1, notFound: -1 },
      doc: 'Replaces the Request-URI by what the user means by it.',
    },
  },
} as const;

export const speeddial = defineModule(declaration, (host) => {
  const { params, log } = host;
  const source = { param: 'speeddial.db_url', url: params.db_url };
  const tables = new Map(params.tables.map((name) => [name, host.use('db_text').table(name, source)]));
  return {
    functions: {
      lookup(ctx, name, owner) {
        const table = tables.get(name);
        if (table !== undefined) return replace(host, ctx, table, owner);
        log.write('error', 'a route names a table that speeddial.tables does not have', { table: name });
        return 'notFound';
      },
    },
  };
});

function replace(
  { params, log }: Host<typeof declaration>,
  ctx: RequestContext,
  table: Table,
  owner: string | undefined,
): 'found' | 'notFound' {
  const dialled = parseUri(ctx.message.uri);
  const user = parseUri(owner || (ctx.message.from?.uri ?? ''));
  if (dialled?.kind !== 'sip' || user?.kind !== 'sip') return 'notFound';
  const rows = table.rows({ [params.user_column]: userOf(user), [params.sd_user_column]: userOf(dialled) });
  const isIn = (uri: SipUri, cell: Cell | undefined): boolean =>
    textOf(cell).toLowerCase() === withoutPrefix(uri.host.toLowerCase(), params.domain_prefix.toLowerCase());
  const row = rows.find(
    (one) =>
      (params.use_domain < 1 || isIn(user, one[params.domain_column])) &&
      (params.use_domain < 2 || isIn(dialled, one[params.sd_domain_column])),
  );
  const address = latin1(textOf(row?.[params.new_uri_column]));
  if (address === '') return 'notFound';
  const uri = /^sips?:/i.test(address) ? address : `sip:${address}`;
  if (parseUri(uri) === undefined) {
    log.write('warn', 'an address of speed dialling is no URI', { uri });
    return 'notFound';
  }
  ctx.message.uri = uri;
  return 'found';
}

const userOf = ({ user = '' }: SipUri): string => Buffer.from(user, 'latin1').toString('utf8');

const withoutPrefix = (host: string, prefix: string): string =>
  prefix !== '' && host.length > prefix.length && host.startsWith(prefix) ? host.slice(prefix.length) : host;

const textOf = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '' : String(cell));
