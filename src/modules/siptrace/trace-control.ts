/** Switching tracing on and off at run time, for everything or for one target. */
import type { Exporter } from './exporter.ts';
import type { TraceSwitch } from './tracer.ts';

export class TraceControl {
  readonly master: TraceSwitch;
  readonly #exporter: Exporter;

  constructor(master: TraceSwitch, exporter: Exporter) {
    this.master = master;
    this.#exporter = exporter;
  }

  /** `on`, `off` or `check`, and optionally the name or URI of one target. Off stops running transactions too, at once. */
  status([command = 'check', target]: readonly (string | number)[]): unknown {
    switch (command) {
      case 'on':
      case 'off':
        return target === undefined ? this.#all(command === 'on') : this.#one(String(target), command === 'on');
      case 'check':
        return this.#report();
      case undefined:
      case '':
        return this.#report();
    }
    return { error: `siptrace.status takes on, off or check, not ${String(command)}` };
  }

  #all(on: boolean): unknown {
    this.master.on = on;
    return this.#report();
  }

  #one(target: string, on: boolean): unknown {
    return this.#exporter.switch(target, on) ? this.#report() : { error: `no target ${target}` };
  }

  #report(): unknown {
    const targets = this.#exporter.status().map(({ name, uri, on }) => ({ target: name ?? uri, on }));
    return { tracing: this.master.on ? 'on' : 'off', targets };
  }
}
