/** The ways in for operators: the HTTP port, the control socket and the FIFO of Kamailio, opened before the proxy and closed after it. */
import { CtlSocket } from './ctl-socket.ts';
import type { Operation } from './http-answers.ts';
import { HttpPort, type HttpPortOptions } from './http-port.ts';
import { type FifoOptions, RpcFifo } from './rpc-fifo.ts';

export interface ControlOptions {
  readonly http: Omit<HttpPortOptions, 'operation' | 'at'> & { readonly at: HttpPortOptions['at'] | undefined };
  /** Absolute path of the control socket. */
  readonly ctl: string | undefined;
  readonly fifo: Omit<FifoOptions, 'operation'> | undefined;
}

export class Control {
  /** What they lead to; undefined until the proxy has started. */
  operation: Operation | undefined = undefined;
  #http: HttpPort | undefined = undefined;
  #ctl: CtlSocket | undefined = undefined;
  #fifo: RpcFifo | undefined = undefined;

  static async open({ http, ctl, fifo }: ControlOptions): Promise<Control> {
    const control = new Control();
    const operation = (): Operation | undefined => control.operation;
    const { at } = http;
    try {
      control.#http = at && (await HttpPort.open({ ...http, at, operation }));
      control.#ctl = ctl === undefined ? undefined : await CtlSocket.open({ path: ctl, operation });
      control.#fifo = fifo && RpcFifo.open({ ...fifo, operation });
      return control;
    } catch (error) {
      control.close();
      throw error;
    }
  }

  get http(): HttpPort | undefined {
    return this.#http;
  }

  close(): void {
    this.#http?.close();
    this.#ctl?.close();
    this.#fifo?.close();
  }
}
