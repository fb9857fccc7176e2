/** The registry of diagnostic codes: what can be said about a configuration, how grave it is, and what it means. */

export type Severity = 'error' | 'warning';

interface CodeEntry {
  readonly severity: Severity;
  readonly doc: string;
}

/* Text, lines and directives. */
const readingCodes = {
  CFG_BAD_CHARACTER: { severity: 'error', doc: 'A character stands where the language has none.' },
  CFG_BAD_NUMBER: { severity: 'error', doc: 'A number has digits that do not belong to it, or is too large.' },
  CFG_UNCLOSED_STRING: { severity: 'error', doc: 'A string has no closing quote.' },
  CFG_UNCLOSED_COMMENT: { severity: 'error', doc: 'A comment has no end; comments nest.' },
  CFG_UNCLOSED_PV: { severity: 'error', doc: 'The brackets of a pseudo-variable are not closed on its line.' },
  CFG_TOO_LARGE: { severity: 'error', doc: 'The files together are larger than the limit.' },
  CFG_TOO_MANY: { severity: 'error', doc: 'There are more problems than are shown.' },
  CFG_DIRECTIVE_UNKNOWN: { severity: 'warning', doc: 'A comment begins with #! and looks like a misspelt directive.' },
  CFG_DIRECTIVE_SYNTAX: { severity: 'error', doc: 'A directive lacks its name or its value, or has a wrong one.' },
  CFG_DIRECTIVE_TAIL: { severity: 'warning', doc: 'Text after a directive; Kamailio would not see the directive.' },
  CFG_DEFINED_TWICE: { severity: 'error', doc: 'A name is defined that is already defined.' },
  CFG_TOO_MANY_DEFINES: { severity: 'error', doc: 'There are more defines, or deeper ifdefs, than the limit.' },
  CFG_MACRO_CYCLE: {
    severity: 'error',
    doc: 'A define contains its own name, or defines stand too deep in each other.',
  },
  CFG_MACRO_TOO_LARGE: { severity: 'error', doc: 'Defines expand to more text than the limit.' },
  CFG_IFDEF_BALANCE: { severity: 'error', doc: 'An #!ifdef without #!endif, or #!else and #!endif without #!ifdef.' },
  CFG_IFEXP_SYNTAX: { severity: 'error', doc: 'The expression of #!ifexp or #!defexp cannot be read.' },
  CFG_INCLUDE_MISSING: { severity: 'error', doc: 'A file of include_file cannot be read.' },
  CFG_INCLUDE_CYCLE: { severity: 'error', doc: 'A file includes itself, at once or through others.' },
  CFG_INCLUDE_DEPTH: { severity: 'error', doc: 'Files include files more deeply than the limit.' },
  CFG_SUBST_SYNTAX: { severity: 'error', doc: 'A substitution is not "/expression/replacement/flags".' },
  CFG_ENVIRONMENT: { severity: 'error', doc: 'An environment variable that a directive asks for is not set.' },
} as const satisfies Record<string, CodeEntry>;

/* The grammar. */
const grammarCodes = {
  CFG_UNEXPECTED: { severity: 'error', doc: 'Something stands where the grammar has no place for it.' },
  CFG_MISSING: { severity: 'error', doc: 'Something that the grammar needs is not there.' },
  CFG_MISSING_SEMICOLON: { severity: 'error', doc: 'A statement does not end with a semicolon.' },
  CFG_UNCLOSED_BLOCK: { severity: 'error', doc: 'A { has no }.' },
  CFG_NESTING: { severity: 'error', doc: 'Blocks or expressions are nested more deeply than the limit.' },
  CFG_UNDEFINED_WORD: {
    severity: 'error',
    doc: 'A bare word where a value belongs: most often a define that is missing.',
  },
  CFG_NO_OPERATOR: { severity: 'error', doc: 'An operator of other languages that kamailio.cfg does not have.' },
  CFG_EXTENSION: { severity: 'warning', doc: 'Accepted here, but Kamailio refuses it.' },
  CFG_TARGET: { severity: 'error', doc: 'Something is assigned to that cannot be assigned to.' },
  CFG_CASE: { severity: 'error', doc: 'Two default cases, or labels of different types in one switch.' },
  CFG_CORE_TEST: { severity: 'error', doc: 'A keyword test with an operator or a value that it does not take.' },
} as const satisfies Record<string, CodeEntry>;

/* Names: functions, modules, parameters, routes, pseudo-variables. */
const nameCodes = {
  CFG_FUNCTION_UNKNOWN: { severity: 'error', doc: 'No module of viaduct has a function of this name.' },
  CFG_FUNCTION_STUBBED: { severity: 'warning', doc: 'An unknown function does nothing and gives -1 (--stub-unknown).' },
  CFG_MODULE_NOT_LOADED: { severity: 'error', doc: 'A name belongs to a module that is not loaded.' },
  CFG_MODULE_UNKNOWN: { severity: 'warning', doc: 'A module that neither viaduct nor Kamailio is known to have.' },
  CFG_MODULE_IMPLIED: {
    severity: 'warning',
    doc: 'A pseudo-variable belongs to a module that is not loaded; it is loaded for it.',
  },
  CFG_MODULE_ABSENT: { severity: 'warning', doc: 'Without this module of Kamailio messages are handled differently.' },
  CFG_ARITY: { severity: 'error', doc: 'A function is called with a number of arguments that it does not take.' },
  CFG_ROUTE_KIND: { severity: 'error', doc: 'A function cannot be called from this kind of route block.' },
  CFG_ROUTE_POOR: { severity: 'warning', doc: 'A function gives -1 in this kind of route block; Kamailio loads it.' },
  CFG_ARGUMENT: { severity: 'error', doc: 'An argument is not what the function takes.' },
  CFG_ARGUMENT_CALL: { severity: 'error', doc: 'A call stands in the arguments of another one.' },
  CFG_PARAM_UNKNOWN: { severity: 'warning', doc: 'A module has no parameter of this name.' },
  CFG_PARAM_VALUE: { severity: 'error', doc: 'A value does not fit its parameter.' },
  CFG_PARAM_MODULE: { severity: 'error', doc: 'A modparam names no module that is loaded.' },
  CFG_GLOBAL_UNKNOWN: { severity: 'error', doc: 'There is no global parameter of this name.' },
  CFG_GLOBAL_VALUE: { severity: 'error', doc: 'A value does not fit its global parameter.' },
  CFG_EVENT_UNKNOWN: { severity: 'warning', doc: 'No module runs an event route of this name.' },
  CFG_ROUTE_UNDEFINED: { severity: 'error', doc: 'A route is called that the file does not have.' },
  CFG_ROUTE_UNARMED: { severity: 'warning', doc: 'A route is armed that the file does not have: nothing will run.' },
  CFG_ROUTE_DUPLICATE: { severity: 'error', doc: 'Two route blocks of one kind have the same name.' },
  CFG_ROUTE_MISSING: { severity: 'error', doc: 'The file has no request_route.' },
  CFG_ROUTE_UNUSED: { severity: 'warning', doc: 'Nothing calls or arms this route.' },
  CFG_PV_SYNTAX: { severity: 'error', doc: 'A pseudo-variable cannot be read.' },
  CFG_PV_UNKNOWN: { severity: 'error', doc: 'There is no pseudo-variable of this name.' },
  CFG_PV_INNER: { severity: 'error', doc: 'What stands in the parentheses of a pseudo-variable does not fit it.' },
  CFG_PV_READ_ONLY: { severity: 'error', doc: 'A pseudo-variable is assigned to that can only be read.' },
  CFG_TRANSFORMATION: { severity: 'error', doc: 'A transformation does not exist, or its parameters do not fit.' },
  CFG_SELECT: { severity: 'error', doc: 'A select that is not supported, or an unknown custom parameter.' },
  CFG_REGEX: { severity: 'error', doc: 'A regular expression that POSIX does not know.' },
  CFG_UNSUPPORTED: { severity: 'error', doc: 'Something of Kamailio that viaduct does not have.' },
} as const satisfies Record<string, CodeEntry>;

/* What is allowed, and most likely not what was meant. */
const lintCodes = {
  CFG_TYPES: {
    severity: 'error',
    doc: 'An operator has an operand of a type that it does not take; Kamailio refuses it.',
  },
  CFG_ASSIGN_CONDITION: { severity: 'warning', doc: 'An assignment where a condition is meant: it is always true.' },
  CFG_CONDITION_FIXED: { severity: 'warning', doc: 'A condition that is always the same.' },
  CFG_CALL_COMPARED: {
    severity: 'warning',
    doc: 'A call is compared with a code, but in an expression a call is 1 or 0.',
  },
  CFG_NOT_INTERPOLATED: { severity: 'warning', doc: 'A $ in a text where pseudo-variables are not replaced.' },
  CFG_UNREACHABLE: { severity: 'warning', doc: 'Statements behind exit, drop, return or break.' },
  CFG_TRACE_AFTER_REPLY: { severity: 'warning', doc: 'Tracing is asked for after the reply: Kamailio misses it.' },
  CFG_RELAY_UNCHECKED: { severity: 'warning', doc: 'Nobody looks whether t_relay() could relay.' },
  CFG_REGEX_PERL: {
    severity: 'warning',
    doc: 'An escape of Perl in a POSIX regular expression stands for its letter.',
  },
  CFG_LATE_DROP: { severity: 'warning', doc: 'A drop that has no effect in this kind of route block.' },
} as const satisfies Record<string, CodeEntry>;

export const diagnosticCodes = { ...readingCodes, ...grammarCodes, ...nameCodes, ...lintCodes } as const;

export type DiagnosticCode = keyof typeof diagnosticCodes;
