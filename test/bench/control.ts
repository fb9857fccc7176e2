/** Asks a running viaduct over its control socket. */
import { createConnection } from 'node:net';

const ANSWER_MS = 30_000;

/** The numbers of a result, those of objects in it by their path: `store.commands`. */
export type Numbers = Readonly<Record<string, number>>;

export async function numbersOf(ctl: string, method: string, params: readonly string[] = []): Promise<Numbers> {
  const answer: unknown = JSON.parse(await line(ctl, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })));
  const result = typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : undefined;
  if (result === undefined) throw new Error(`${method}: ${JSON.stringify(answer)}`);
  return Object.fromEntries(flat(result, ''));
}

function flat(value: unknown, path: string): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, path === '' ? name : `${path}.${name}`));
}

function line(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = createConnection(path, () => socket.write(`${text}\n`));
    socket.setEncoding('utf8').setTimeout(ANSWER_MS, () => socket.destroy(new Error(`${path} does not answer`)));
    socket.on('data', (part: string) => {
      heard += part;
      if (heard.endsWith('\n')) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
}
