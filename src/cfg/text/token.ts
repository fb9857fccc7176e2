/** The tokens of a kamailio.cfg, before and after preprocessing. */
import type { StringPiece } from '../ast.ts';
import type { DirectiveName } from './directive-names.ts';
import type { Span } from '../source.ts';

/**
 * word: identifiers, keywords, and runs like `3com` that begin with a digit. punctuation: operators and brackets, `text`
 * says which. eventName: what stands in the brackets of event_route[...]. end: of the file, then of the whole input.
 */
export type TokenKind = 'word' | 'number' | 'string' | 'pv' | 'ip6' | 'punctuation' | 'eventName' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; for strings their value. */
  readonly text: string;
  /** Nothing stands between this token and the one before it: `10.0.0.1` is seven tokens that are glued. */
  readonly glued: boolean;
  readonly span: Span;
  /** Of a string: where its parts stand. */
  readonly pieces: readonly StringPiece[];
}

/** A token in its text, offsets counted there. */
export interface RawToken {
  readonly kind: TokenKind | 'directive';
  readonly text: string;
  readonly glued: boolean;
  readonly start: number;
  readonly end: number;
  /** Of a string: the quote. Only strings in double quotes join with their neighbours. */
  readonly quote: '"' | "'" | '';
  /** Of a directive: which one, whatever its spelling. */
  readonly directive: DirectiveName | undefined;
}

export const noPieces: readonly StringPiece[] = [];
