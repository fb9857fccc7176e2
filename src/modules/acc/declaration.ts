/** What acc declares: parameters, functions, variables and events, under Kamailio's names. */
import { fields, int, str } from '../../engine/spec.ts';

/** Fields of one parameter. */
export const MAX_EXTRA = 64;

const flag = (doc: string) => int({ default: -1, min: -1, max: 31, doc: `${doc} -1 for none.` });
const ignored = (doc: string) => str({ doc: `${doc} Accepted: there is no database.` });

export const declaration = {
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
    log_extra: fields({ max: MAX_EXTRA, doc: 'Further fields, `src_user=$fU;src_ip=$si`.' }),
    report_cancels: int({ default: 0, min: 0, max: 1, doc: 'Account CANCEL, too.' }),
    early_media: int({ default: 0, min: 0, max: 1, doc: 'Account provisional replies that have a body, too.' }),
    report_ack: int({ default: 0, min: 0, max: 1, doc: 'Account ACKs to a 2xx that have the flag, too.' }),
    detect_direction: int({
      default: 0,
      min: 0,
      max: 1,
      doc: 'Tags stand as in the request that opened the dialog, whoever sends; needs rr.',
    }),
    multi_leg_info: str({
      default: '',
      doc: 'Fields of several legs, `src=$avp(src);dst=$avp(dst)`: one pair for each value.',
    }),
    reason_from_hf: int({
      default: 0,
      min: 0,
      max: 1,
      doc: 'The reason is that of the header Reason, where there is one.',
    }),
    time_mode: int({
      default: 0,
      min: 0,
      max: 2,
      doc: '1: microseconds as `time_exten`; 2: seconds and milliseconds as `time_attr`. 3 and 4 are not there.',
    }),
    time_attr: str({ default: 'time_attr', doc: 'Name of that field.' }),
    time_exten: str({ default: 'time_exten', doc: 'Name of that field.' }),
    log_level: int({
      default: 1,
      min: -5,
      max: 4,
      doc: 'Level of the lines, as in `debug`: 1 is notice, -1 is error.',
    }),
    log_facility: str({ default: 'LOG_DAEMON', doc: 'Accepted; there is one log.' }),
    acc_prepare_flag: flag('Accepted; flags count whenever they are set.'),
    acc_prepare_always: int({ default: 0, min: 0, max: 1, doc: 'Accepted; so it is.' }),
    acc_extra_nullable: int({ default: 0, min: 0, max: 1, doc: 'Accepted: there is no database.' }),
    acc_extra_size: int({ default: 64, min: 1, doc: 'Accepted; there may be 64 further fields.' }),
    clone_msg: int({ default: 1, min: 0, max: 1, doc: 'Accepted; nothing is shared.' }),
    db_flag: flag('Has the meaning of log_flag, where that is not set.'),
    db_missed_flag: flag('Has the meaning of log_missed_flag, where that is not set.'),
    db_url: ignored('Database.'),
    db_extra: fields({ max: MAX_EXTRA, doc: 'Further fields, behind those of `log_extra` that have other names.' }),
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
    dbRequest: {
      cfg: ['acc_db_request'],
      routes: ['request', 'failure', 'branch_failure', 'branch'],
      args: [str({ doc: 'Status and reason.' }), str({ doc: 'Table.' })],
      returns: { noDatabase: -1 },
      doc: 'Fails: there is no database. `acc_log_request` and event_route[acc:record] have the record.',
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
