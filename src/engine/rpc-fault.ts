/** What an RPC command answers when it cannot do what it was asked for: a code as Kamailio gives it, and a text. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
