/** What `--cfg-print` shows: the files with includes in their place and without the regions that do not count. */

interface Open {
  readonly text: string;
  from: number;
}

export class Printout {
  readonly #parts: string[] = [];
  readonly #open: Open[] = [];

  open(text: string): void {
    this.#open.push({ text, from: 0 });
  }

  /** From `start` to `end` of the file that is being read nothing is shown. */
  skip(start: number, end: number): void {
    const top = this.#open.at(-1);
    if (top === undefined) return;
    if (start > top.from) this.#parts.push(top.text.slice(top.from, start));
    top.from = Math.max(top.from, end);
  }

  close(): void {
    const top = this.#open.pop();
    if (top !== undefined) this.#parts.push(top.text.slice(top.from));
  }

  get text(): string {
    return this.#parts.join('');
  }
}
