/**
 * A value that a script computes from a message. The text stands for it among the parameters of a module until the script
 * is linked; each program that is loaded binds its own code to it.
 */
export class Computed {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
