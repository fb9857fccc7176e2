/** How often each status code was sent. */
export class StatusCounts {
  readonly #counts = new Uint32Array(MAX_STATUS + 1);

  count(status: number): void {
    if (status >= 0 && status <= MAX_STATUS) this.#counts[status] = (this.#counts[status] ?? 0) + 1;
  }

  of(status: number): number {
    return this.#counts[status] ?? 0;
  }

  /** Of the class `2` for 2xx. */
  ofClass(first: number): number {
    return this.#counts.subarray(first * 100, first * 100 + 100).reduce((sum, one) => sum + one, 0);
  }

  reset(): void {
    this.#counts.fill(0);
  }
}

const MAX_STATUS = 699;
