/**
 * acc: one line for each transaction that a script marked with a flag: when it was answered, or missed. Same flags, fields
 * and text as Kamailio's acc; instead of a database an event route gets each record as JSON.
 */
import type { RequestContext } from '../../engine/context.ts';
import { defineModule } from '../../engine/module.ts';
import { levelOf } from '../../engine/log.ts';
import { runRoute } from '../../engine/run-route.ts';
import type { WallTime } from '../../util/time.ts';
import type {} from '../rr/api.ts';
import { Accountant, type Watched } from './accountant.ts';
import { declaration } from './declaration.ts';
import { parseLegs } from './legs.ts';
import {
  type AccRecord,
  type Answer,
  answerOf,
  jsonOf,
  lineOf,
  type RecordKind,
  recordOf,
  type Times,
} from './record.ts';

export const acc = defineModule(declaration, (host) => {
  const { params, log, stats, world } = host;
  const names = new Set(params.log_extra.map(({ name }) => name));
  const extra = [...params.log_extra, ...params.db_extra.filter(({ name }) => !names.has(name))];
  const legs = parseLegs(params.multi_leg_info);
  const level = levelOf(params.log_level);
  const current = host.slot<AccRecord>('record');
  const account = (kind: RecordKind, ctx: RequestContext, answer: Answer): void => {
    const fields = [...extra, ...legs(ctx)];
    const record = recordOf(kind, ctx, answer, {
      time: timesOf(world.clock.wall(), params),
      isUpstream: params.detect_direction === 1 && isUpstream(ctx),
      extra: fields,
    });
    stats.records.value++;
    if (kind === 'call missed') stats.missed.value++;
    log.write(level, lineOf(record));
    const route = host.routes.event?.['acc:record'];
    if (route === undefined) return;
    current.put(ctx.exchange, record);
    void runRoute(log, 'acc:record', () => route(ctx.derive(ctx.message.fork(), { route: 'event' })));
  };
  const isUpstream = (ctx: RequestContext): boolean =>
    (ctx.message.toTag ?? '') !== '' && host.find('rr')?.direction(ctx) === 'upstream';
  const accountant = new Accountant(
    {
      answered: bit(params.log_flag) || bit(params.db_flag),
      missed: bit(params.log_missed_flag) || bit(params.db_missed_flag),
      failed: bit(params.failed_transaction_flag),
      notFailed: new Set(params.failed_filter.split(',').map(Number)),
      cancels: params.report_cancels === 1,
      earlyMedia: params.early_media === 1,
      acks: params.report_ack === 1,
      reasonHeader: params.reason_from_hf === 1,
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
      dbRequest() {
        log.write('error', 'acc_db_request: there is no database');
        return 'noDatabase';
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

interface TimeParams {
  readonly time_mode: number;
  readonly time_attr: string;
  readonly time_exten: string;
}

/** Seconds, and what `time_mode` wants beside them. */
function timesOf(wall: WallTime, { time_mode, time_attr, time_exten }: TimeParams): Times {
  const seconds = Math.floor(wall / 1_000_000);
  const micros = wall % 1_000_000;
  if (time_mode === 1) return { seconds, more: [[time_exten, micros]] };
  if (time_mode === 2)
    return { seconds, more: [[time_attr, `${seconds}.${String(Math.floor(micros / 1000)).padStart(3, '0')}`]] };
  return { seconds, more: [] };
}

const bit = (number: number): number => (number < 0 ? 0 : 1 << number);

function fieldOf(record: AccRecord, name: string): string | number | null {
  if (name === 'json') return jsonOf(record);
  if (name === 'line') return lineOf(record);
  if (name === 'kind') return record.kind;
  return record.fields.find(([field]) => field === name)?.[1] ?? null;
}
