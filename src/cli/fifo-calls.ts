/** Cuts what is written into a FIFO into calls: JSON texts, one after the other, each over one line or more. */

/** Of one call; what is longer is forgotten. */
export const MAX_CALL_CHARS = 65_536;

export class FifoCalls {
  #lines: string[] = [];
  #rest = '';

  /** The calls that are complete now, as their texts. */
  take(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const calls = lines.flatMap((line) => this.#line(line));
    // What is too long is forgotten now, not when its line ends.
    if (this.#held() + this.#rest.length > MAX_CALL_CHARS) this.forget();
    return calls;
  }

  /** Gives up what is incomplete: nothing more comes of it. */
  forget(): void {
    this.#lines = [];
    this.#rest = '';
  }

  #line(line: string): readonly string[] {
    this.#lines.push(line);
    const whole = [this.#lines.join('\n'), line].find(isCall);
    if (whole !== undefined || this.#held() > MAX_CALL_CHARS) this.#lines = [];
    return whole === undefined ? [] : [whole];
  }

  #held(): number {
    return this.#lines.reduce((sum, { length }) => sum + length, 0);
  }
}

/** `reply_name` of a call; undefined when it is none that may be the name of a file. */
export function replyName(call: string): string | undefined {
  const { reply_name: name } = Object(JSON.parse(call));
  return typeof name === 'string' && /^[\w-][\w.-]{0,127}$/.test(name) ? name : undefined;
}

function isCall(text: string): boolean {
  // Most lines of a call over several lines are not worth a try.
  if (text.length > MAX_CALL_CHARS || !text.trimEnd().endsWith('}')) return false;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
