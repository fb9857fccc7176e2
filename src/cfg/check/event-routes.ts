/** The names of event routes: which module runs them, and what a name that nobody runs was meant to be. */
import type { Config } from '../ast.ts';
import { type Names, nearest } from '../registry.ts';
import type { Report } from '../report.ts';

/** Those of Kamailio, by their beginning. */
const kamailio: readonly string[] = `
  core:worker-one-init core:worker-init core:msg-received core:pre-routing core:receive-parse-error core:tkv
  core:modinit-before tm:local-request tm:local-response tm:branch-failure tm:local-response tm:local-request-in
  sl:filtered-ack sl:local-response siptrace:msg xhttp:request xhttp:response xhttp-response dialog:start dialog:end
  dialog:failed dispatcher:dst-up dispatcher:dst-down topos:msg-outgoing topos:msg-sending topos:msg-incoming
  topos:msg-receiving websocket:closed htable:mod-init htable:expired uac:reply usrloc:contact-expired
  registrar:expired-contact acc:cdr acc:event tls:connection-out tcp:closed tcp:timeout tcp:reset network:msg mqueue
  evapi rtimer sipdump:msg presence:notify-reply msrp:frame-in msrp:frame-out outbound ims_registrar_scscf jsonrpcs
  async corex:msg-received dmq:notification http:request nats mqtt rabbitmq`
  .trim()
  .split(/\s+/);

export function eventNotes({ items }: Config, names: Names, report: Report): void {
  for (const item of items) {
    if (item.kind !== 'routeBlock' || item.route !== 'event' || item.name === undefined) continue;
    const { text, span } = item.name;
    if (text.startsWith('tm:branch-failure:')) continue;
    const known = names.eventRoute(text);
    if (known?.loaded === true) continue;
    if (known !== undefined) {
      report('CFG_EVENT_UNKNOWN', span, `${text} belongs to the module ${known.module}, which is not loaded`, {
        hint: `add loadmodule "${known.module}.so"`,
      });
    } else if (kamailio.some((name) => text === name || text.startsWith(`${name}:`))) {
      report('CFG_EVENT_UNKNOWN', span, `event_route[${text}] never runs here`);
    } else {
      const meant = nearest(text, [...names.eventNames, ...kamailio]);
      report('CFG_EVENT_UNKNOWN', span, `no module runs an event route ${text}`, {
        hint: meant === undefined ? undefined : `did you mean ${meant}?`,
      });
    }
  }
}
