/** What arrived, by method and by status, under the names of Kamailio's `core` statistics. */
import { measured, type Statistic } from './statistic.ts';
import { StatusCounts } from './status-counts.ts';

const METHODS = [
  ...['ACK', 'BYE', 'CANCEL', 'INFO', 'INVITE', 'MESSAGE', 'NOTIFY'],
  ...['OPTIONS', 'PRACK', 'PUBLISH', 'REFER', 'REGISTER', 'SUBSCRIBE', 'UPDATE'],
];
/** Statuses that are also counted alone. */
const ALONE = [401, 404, 407, 480, 486];

export class Arrivals {
  readonly #methods = new Map(METHODS.map((method) => [method, { value: 0 }]));
  readonly #statuses = new StatusCounts();
  #unsupported = 0;

  request(method: string): void {
    const count = this.#methods.get(method);
    if (count === undefined) this.#unsupported++;
    else count.value++;
  }

  reply(status: number): void {
    this.#statuses.count(status);
  }

  statistics(): readonly Statistic[] {
    const statuses = this.#statuses;
    const ringing = Array.from({ length: 10 }, (_, i) => statuses.of(180 + i)).reduce((sum, one) => sum + one, 0);
    return [
      ...[...this.#methods].map(([method, { value }]) =>
        measured('core', `rcv_requests_${method.toLowerCase()}`, value),
      ),
      measured('core', 'unsupported_methods', this.#unsupported),
      ...[1, 2, 3, 4, 5, 6].map((first) => measured('core', `rcv_replies_${first}xx`, statuses.ofClass(first))),
      measured('core', 'rcv_replies_18x', ringing),
      ...ALONE.map((status) => measured('core', `rcv_replies_${status}`, statuses.of(status))),
    ];
  }
}
