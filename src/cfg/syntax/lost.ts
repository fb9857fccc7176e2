/** What of a broken file could not be read: who asks for it is right, and gets no message of its own. */
import type { DiagnosticCode } from '../codes.ts';
import type { Diagnostic } from '../diagnostics.ts';

export class Lost {
  /** Names of route blocks whose head is wrong. */
  readonly routes = new Set<string>();
  /** A route block whose name is not known either. */
  aRoute = false;
  aModule = false;
}

/** After these nothing that follows need be what its author wrote. */
const garbling: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  ...(['CFG_UNCLOSED_STRING', 'CFG_UNCLOSED_COMMENT', 'CFG_IFDEF_BALANCE', 'CFG_IFEXP_SYNTAX'] as const),
  ...(['CFG_NESTING', 'CFG_TOO_LARGE', 'CFG_TOO_MANY', 'CFG_TOO_MANY_DEFINES', 'CFG_MACRO_TOO_LARGE'] as const),
  ...(['CFG_INCLUDE_MISSING', 'CFG_INCLUDE_CYCLE', 'CFG_INCLUDE_DEPTH', 'CFG_MACRO_CYCLE'] as const),
]);

const followingText: readonly DiagnosticCode[] = ['CFG_FUNCTION_UNKNOWN'];
const followingModule: readonly DiagnosticCode[] = ['CFG_MODULE_NOT_LOADED', 'CFG_MODULE_IMPLIED', 'CFG_PARAM_MODULE'];
const followingRoute: readonly DiagnosticCode[] = ['CFG_ROUTE_UNDEFINED', 'CFG_ROUTE_UNARMED', 'CFG_ROUTE_MISSING'];

/** Codes that say nothing about this file, after what was wrong with its text. */
export function followUps(diagnostics: readonly Diagnostic[], lost: Lost): ReadonlySet<DiagnosticCode> {
  if (diagnostics.every(({ severity }) => severity !== 'error')) return new Set();
  const garbled = diagnostics.some(({ code }) => garbling.has(code));
  return new Set<DiagnosticCode>([
    // What calls it may be in what was passed over, and a brace that is missing joins what does not belong together.
    'CFG_ROUTE_UNUSED',
    'CFG_UNREACHABLE',
    ...(garbled ? followingText : []),
    ...(garbled || lost.aModule ? followingModule : []),
    ...(garbled || lost.aRoute ? followingRoute : []),
  ]);
}
