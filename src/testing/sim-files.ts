/** Files in memory, for routes that read certificates or credentials. */
import type { Files } from '../world/world.ts';

export class SimFiles implements Files {
  readonly #texts = new Map<string, string>();

  set(path: string, text: string): void {
    this.#texts.set(path, text);
  }

  remove(path: string): void {
    this.#texts.delete(path);
  }

  async readText(path: string): Promise<string> {
    const text = this.#texts.get(path);
    if (text === undefined) {
      throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT', path });
    }
    return text;
  }
}
