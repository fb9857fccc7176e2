/** Switching tracing on and off at run time, for everything or for one target, with Kamailio's answers. */
import { RpcFault } from '../../engine/rpc-fault.ts';
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
  status([command, target]: readonly (string | number)[]): 'Enabled' | 'Disabled' {
    switch (command) {
      case 'on':
      case 'off':
        return target === undefined ? this.#all(command === 'on') : this.#one(String(target), command === 'on');
      case 'check':
        return target === undefined ? shown(this.master.on) : this.#check(String(target));
      case undefined:
        throw new RpcFault(500, 'Not enough parameters (on, off or check)');
    }
    throw new RpcFault(500, 'Bad parameter (on, off or check)');
  }

  #all(on: boolean): 'Enabled' | 'Disabled' {
    this.master.on = on;
    return shown(on);
  }

  #one(target: string, on: boolean): 'Enabled' | 'Disabled' {
    if (!this.#exporter.switch(target, on)) throw noTarget(target);
    return shown(on);
  }

  #check(wanted: string): 'Enabled' | 'Disabled' {
    const found = this.#exporter.find(wanted);
    if (found === undefined) throw noTarget(wanted);
    return shown(found.on);
  }
}

const shown = (on: boolean) => (on ? 'Enabled' : 'Disabled');
const noTarget = (target: string): RpcFault => new RpcFault(404, `there is no target ${target}`);
