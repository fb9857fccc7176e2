/**
 * domain, whose domains we serve: asked of From, of the Request-URI, or of any name. Functions, parameters and results
 * are those of Kamailio's domain.
 */
import type { RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { choice, str } from '../../engine/spec.ts';
import { parseUri } from '../../sip/uri.ts';
import type { DomainApi } from './api.ts';
import { DomainTable } from './domain-table.ts';

const onOff = { choices: { off: ['0', 'no'], on: ['1', 'yes'] }, default: 'off' } as const;
const routes = ['request', 'failure', 'branch'] as const;

export const domain = defineModule(
  {
    name: 'domain',
    doc: 'The domains that we serve, from a table.',
    needs: ['db_text'],
    params: {
      db_url: str({
        doc: 'Where the tables are: `text:///directory`, `redis://host:port/db` or `memory:`; else that of db_text.',
      }),
      domain_table: str({ default: 'domain', doc: 'Table of domains.' }),
      domain_col: str({ default: 'domain', doc: 'Column of the name.' }),
      did_col: str({ default: 'did', doc: 'Column of the id; a domain without one has its name for it.' }),
      domain_attrs_table: str({ default: 'domain_attrs', doc: 'Table of attributes.' }),
      domain_attrs_did_col: str({ default: 'did', doc: 'Column of the id there.' }),
      domain_attrs_name_col: str({ default: 'name', doc: 'Column of the name of an attribute.' }),
      domain_attrs_type_col: str({ default: 'type', doc: 'Column of its type: 0 a number, 2 text.' }),
      domain_attrs_value_col: str({ default: 'value', doc: 'Column of its value.' }),
      load_attrs: choice({ ...onOff, default: 'on', doc: 'Read the table of attributes.' }),
      register_myself: choice({ ...onOff, doc: 'These domains count as our own names.' }),
    },
    functions: {
      isFromLocal: {
        cfg: ['is_from_local'],
        routes,
        args: [],
        returns: 'boolean',
        doc: 'Whether the domain of From is one of ours. Sets the AVPs of lookupDomain.',
      },
      isUriHostLocal: {
        cfg: ['is_uri_host_local'],
        routes,
        args: [],
        returns: 'boolean',
        doc: 'Whether the host of the Request-URI is one of our domains. Sets the AVPs of lookupDomain.',
      },
      isDomainLocal: {
        cfg: ['is_domain_local'],
        routes,
        args: [str({ doc: 'Domain.' })],
        returns: 'boolean',
        doc: 'Whether this is one of our domains.',
      },
      lookupDomain: {
        cfg: ['lookup_domain'],
        routes,
        args: [str({ doc: 'Domain.' }), str({ optional: true, doc: 'To put in front of the names of AVPs.' })],
        returns: { found: 1, notFound: -1 },
        doc: 'Sets the AVP `did`, and one for each attribute of the domain.',
      },
    },
    rpc: {
      'domain.reload': { doc: 'Reads all tables of db_text again.' },
      'domain.dump': { doc: 'All domains with their attributes.' },
    },
  },
  (host) => {
    const { params, engine } = host;
    const source = { param: 'domain.db_url', url: params.db_url };
    let disown = (): void => undefined;
    const db = host.use('db_text');
    const attributes = { ...source, ...(params.load_attrs === 'on' ? {} : { url: 'memory:' }) };
    const table = new DomainTable(
      db.table(params.domain_table, source),
      db.table(params.domain_attrs_table, attributes),
      {
        domain: params.domain_col,
        did: params.did_col,
        attrsDid: params.domain_attrs_did_col,
        attrsName: params.domain_attrs_name_col,
        attrsType: params.domain_attrs_type_col,
        attrsValue: params.domain_attrs_value_col,
      },
    );
    const lookUp = (ctx: RequestContext, name: string, prefix: string): boolean => setAvps(ctx, table, name, prefix);
    const api: DomainApi = { isLocal: (name) => table.find(name) !== undefined };
    return {
      functions: {
        isFromLocal: (ctx) => lookUp(ctx, hostOf(ctx.message.from?.uri), ''),
        isUriHostLocal: (ctx) => lookUp(ctx, hostOf(ctx.message.uri), ''),
        isDomainLocal: (_, name) => api.isLocal(name),
        lookupDomain: (ctx, name, prefix = '') => (lookUp(ctx, name, prefix) ? 'found' : 'notFound'),
      },
      api,
      async start() {
        if (params.register_myself === 'on') disown = engine.transport.claimNames((name) => api.isLocal(name));
      },
      async stop() {
        disown();
      },
      rpc: {
        'domain.reload': async () => {
          await db.reload();
          return {};
        },
        'domain.dump': () => ({
          domains: table
            .all()
            .map(({ domain: name, did, attributes: values }) => ({ domain: name, did, attrs: values })),
        }),
      },
    };
  },
);

function setAvps({ state }: RequestContext, table: DomainTable, name: string, prefix: string): boolean {
  const known = table.find(name);
  if (known === undefined) return false;
  state.avps.set(`${prefix}did`, [known.did]);
  for (const { name: attribute, value } of known.attributes) state.avps.set(`${prefix}${attribute}`, [value]);
  return true;
}

function hostOf(text: string | undefined): string {
  const uri = parseUri(text ?? '');
  return uri?.kind === 'sip' ? uri.host : '';
}
