/** How the parts of the compiler say what is wrong. */
import type { DiagnosticCode } from './codes.ts';
import type { Advice } from './diagnostics.ts';
import type { Span } from './source.ts';

export type Report = (code: DiagnosticCode, span: Span, message: string, advice?: Advice) => void;
