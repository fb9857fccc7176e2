/**
 * acc: one line for each transaction that a script marked with a flag: when it was answered, or missed. Same flags, fields
 * and text as Kamailio's acc; instead of a database an event route gets each record as JSON.
 */
import type { RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { runRoute } from '../../engine/run-route.ts';
import { int, str } from '../../engine/spec.ts';
import { Accountant, type Watched } from './accountant.ts';
import { parseExtra } from './extra.ts';
import { type AccRecord, type Answer, answerOf, jsonOf, lineOf, type RecordKind, recordOf } from './record.ts';

const flag = (doc: string) => int({ default: -1, min: -1, max: 31, doc: `${doc} -1 for none.` });
const ignored = (doc: string) => str({ doc: `${doc} Accepted: there is no database.` });

const declaration = {
  name: 'acc',
  doc: 'Records of transactions.',
  params: {
    log_flag: flag('Message flag of requests that are accounted when they are answered.'),
    log_missed_flag: flag('Message flag of INVITEs that are accounted when they get a negative reply.'),
    failed_transaction_flag: flag('Message flag of requests that are accounted with a negative reply, too.'),
    failed_filter: str({
      default: '',
      doc: 'Statuses, `404,407`, of negative replies that are not accounted all the same.',
    }),
    log_extra: str({ default: '', doc: 'Further fields, `src_user=$fU;src_ip=$si`.' }),
    report_cancels: int({ default: 0, min: 0, max: 1, doc: 'Account CANCEL, too.' }),
    early_media: int({ default: 0, min: 0, max: 1, doc: 'Account 183 to an INVITE, too.' }),
    report_ack: int({ default: 0, min: 0, max: 0, doc: 'Not there: ACKs are not accounted.' }),
    detect_direction: int({ default: 0, min: 0, max: 0, doc: 'Not there: tags are those of the message.' }),
    log_level: int({ default: 1, min: -5, max: 4, doc: 'Accepted; records are notices.' }),
    log_facility: str({ default: 'LOG_DAEMON', doc: 'Accepted; there is one log.' }),
    acc_prepare_flag: flag('Accepted; flags count whenever they are set.'),
    db_flag: flag('Has the meaning of log_flag, where that is not set.'),
    db_missed_flag: flag('Has the meaning of log_missed_flag, where that is not set.'),
    db_url: ignored('Database.'),
    db_extra: ignored('Further columns.'),
    db_table_acc: ignored('Table.'),
    db_table_missed_calls: ignored('Table of missed calls.'),
  },
  functions: {
    logRequest: {
      cfg: ['acc_log_request', 'acc_request'],
      routes: ['request', 'failure', 'branch_failure', 'branch'],
      args: [
        str({ doc: 'Status and reason, `404 Not here`, or any text.' }),
        str({ optional: true, doc: 'Table: without effect.' }),
      ],
      returns: { accounted: 1 },
      doc: 'Accounts the request at once.',
    },
  },
  pvs: {
    acc: {
      type: 'any',
      inner: 'required',
      doc: 'In event_route[acc:record]: `json`, `line`, `kind`, or a field of the record.',
    },
  },
  eventRoutes: { 'acc:record': { doc: 'For each record, with the request that it is about.' } },
  stats: { records: 'Records written.', missed: 'Of these, missed calls.' },
} as const;

export const acc = defineModule(declaration, (host) => {
  const { params, log, stats, world } = host;
  const extra = parseExtra(params.log_extra);
  const current = host.slot<AccRecord>('record');
  const account = (kind: RecordKind, ctx: RequestContext, answer: Answer): void => {
    const seconds = Math.floor(world.clock.wall() / 1_000_000);
    const record = recordOf(kind, ctx, answer, { seconds, extra });
    stats.records.value++;
    if (kind === 'call missed') stats.missed.value++;
    log.write('notice', lineOf(record));
    const route = host.routes.event?.['acc:record'];
    if (route === undefined) return;
    current.put(ctx.exchange, record);
    void runRoute(log, 'acc:record', () => route(ctx.derive(ctx.message.fork(), { route: 'event' })));
  };
  const accountant = new Accountant(
    {
      answered: bit(params.log_flag) || bit(params.db_flag),
      missed: bit(params.log_missed_flag) || bit(params.db_missed_flag),
      failed: bit(params.failed_transaction_flag),
      notFailed: new Set(params.failed_filter.split(',').map(Number)),
      cancels: params.report_cancels === 1,
      earlyMedia: params.early_media === 1,
    },
    host.slot<Watched | undefined>('watched'),
    account,
  );
  return {
    functions: {
      logRequest(ctx, comment) {
        account('request accounted', ctx, answerOf(comment, ctx.message.toTag ?? ''));
        return 'accounted';
      },
    },
    pvs: {
      acc: {
        read({ exchange }, { inner }) {
          const record = current.of(exchange);
          return record === undefined ? null : fieldOf(record, inner);
        },
      },
    },
    tap: (event) => accountant.sent(event),
    routeEnded: (ctx) => accountant.routeEnded(ctx),
    async start() {
      if (params.db_url !== undefined) {
        log.write('warn', 'there is no database: records go to the log and to event_route[acc:record]');
      }
    },
  };
});

const bit = (number: number): number => (number < 0 ? 0 : 1 << number);

function fieldOf(record: AccRecord, name: string): string | number | null {
  if (name === 'json') return jsonOf(record);
  if (name === 'line') return lineOf(record);
  if (name === 'kind') return record.kind;
  return record.fields.find(([field]) => field === name)?.[1] ?? null;
}
