/**
 * The tree of a kamailio.cfg: what the parser hands to the checker and the compiler. Every node is immutable, has its
 * `kind` and its `span`, and keeps what Kamailio decides while it parses; nothing here is evaluated.
 */
import type { Span } from './source.ts';

export interface Config {
  readonly kind: 'config';
  readonly items: readonly TopLevel[];
  readonly span: Span;
}

export type TopLevel =
  | GlobalParam
  | CustomParam
  | Listen
  | Alias
  | Flags
  | LoadModule
  | LoadPath
  | CfgEngine
  | ModParam
  | RouteBlock;

/** A word of the file where it is not an expression: names of parameters, functions, flags. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** `debug = 3`; any name is accepted here, the checker knows which exist. `coreparam[x] = v` is `x = v`. */
export interface GlobalParam {
  readonly kind: 'globalParam';
  readonly name: Name;
  readonly value: Constant;
  readonly span: Span;
}

/** `group.name = value desc "..."` and `group[1].name = value`. `kemi.x_callback = "f"` comes as group `kemi`. */
export interface CustomParam {
  readonly kind: 'customParam';
  readonly group: Name;
  readonly instance: number | undefined;
  readonly name: Name;
  readonly value: NumberLiteral | StringLiteral;
  readonly description: StringLiteral | undefined;
  readonly span: Span;
}

export type Constant = NumberLiteral | StringLiteral | Word | IpLiteral;

/** `listen = ...` and `socket = { ... }`, which says the same and more. */
export interface Listen {
  readonly kind: 'listen';
  readonly form: 'listen' | 'socket';
  readonly sockets: readonly SocketAddress[];
  readonly advertise: SocketAddress | undefined;
  readonly name: StringLiteral | undefined;
  /** `agname` of socket = {}: the name of a group of sockets. */
  readonly groupName: StringLiteral | undefined;
  readonly workers: NumberLiteral | undefined;
  readonly virtual: boolean;
  readonly vrf: StringLiteral | undefined;
  readonly span: Span;
}

export type Protocol = 'udp' | 'tcp' | 'tls' | 'sctp' | 'ws' | 'wss';

/** `[proto:]host[:port]`; `(a, b)` gives several hosts. Without `proto` (or with `*`) every protocol is meant. */
export interface SocketAddress {
  readonly kind: 'socketAddress';
  readonly proto: Protocol | '*' | undefined;
  readonly hosts: readonly Host[];
  readonly port: number | '*' | undefined;
  /** The last of a range of ports, `5060-5070`. */
  readonly lastPort: number | undefined;
  readonly span: Span;
}

/** An address, interface or domain name. IPv6 addresses are written without brackets here. */
export interface Host {
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** `alias = a.com udp:b.com:5060` (and `domain =`, its other name). */
export interface Alias {
  readonly kind: 'alias';
  readonly names: readonly SocketAddress[];
  readonly span: Span;
}

/** `flags a:1, b` and `avpflags x, y`. */
export interface Flags {
  readonly kind: 'flags';
  readonly of: 'message' | 'avp';
  readonly flags: readonly FlagName[];
  readonly span: Span;
}

export interface FlagName {
  readonly name: Name;
  readonly number: NumberLiteral | undefined;
}

/** `loadmodule "path/tm.so"`: `module` is the name without folder and `.so`. */
export interface LoadModule {
  readonly kind: 'loadModule';
  readonly module: string;
  readonly path: StringLiteral;
  /** The second argument of `loadmodule("app_lua.so", "g")`. */
  readonly options: StringLiteral | undefined;
  readonly span: Span;
}

export interface LoadPath {
  readonly kind: 'loadPath';
  readonly path: StringLiteral;
  readonly span: Span;
}

export interface CfgEngine {
  readonly kind: 'cfgEngine';
  readonly engine: StringLiteral;
  readonly span: Span;
}

/** `modparam("a|b", "name", value)`. `modules` is a POSIX regular expression over the names of the loaded modules. */
export interface ModParam {
  readonly kind: 'modParam';
  /** modparamx: pseudo-variables in the value are evaluated once at start. */
  readonly evaluated: boolean;
  readonly modules: StringLiteral;
  readonly param: StringLiteral;
  readonly value: NumberLiteral | StringLiteral | Pv;
  readonly span: Span;
}

/**
 * request: `request_route`, `route` and `route[0]` (a second one is appended by Kamailio). sub: `route[X]`.
 * reply: `reply_route`, `onreply_route` and `onreply_route[0]`, before any transaction. onreply: `onreply_route[X]`.
 */
export type RouteKind = 'request' | 'sub' | 'reply' | 'onreply' | 'failure' | 'branch' | 'onsend' | 'event';

export interface RouteBlock {
  readonly kind: 'routeBlock';
  readonly route: RouteKind;
  /** The word as written: `onreply_route`. */
  readonly keyword: Name;
  /** `route(5)` and `route("5")` are the same: compare `text`. Undefined: `failure_route { }`, which is number 0. */
  readonly name: RouteName | undefined;
  readonly body: Block;
  readonly span: Span;
}

export interface RouteName {
  readonly kind: 'routeName';
  readonly text: string;
  readonly form: 'word' | 'number' | 'string';
  readonly span: Span;
}

/* ---- statements ---- */

export type Statement = If | While | Switch | Leave | Break | Assign | CallStatement | Block;

/** `{ ... }`, and also a single statement where braces may be left out (`braced` false). */
export interface Block {
  readonly kind: 'block';
  readonly statements: readonly Statement[];
  readonly braced: boolean;
  readonly span: Span;
}

export interface If {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly consequence: Block;
  readonly alternative: Block | undefined;
  readonly span: Span;
}

export interface While {
  readonly kind: 'while';
  readonly condition: Expression;
  readonly body: Block;
  readonly span: Span;
}

export interface Switch {
  readonly kind: 'switch';
  readonly subject: Expression;
  readonly cases: readonly Case[];
  readonly span: Span;
}

/** A case without statements or `break` falls through to the next one. */
export interface Case {
  readonly kind: 'case';
  readonly label: CaseLabel;
  readonly body: readonly Statement[];
  readonly span: Span;
}

/** `case /"re":` compares by a POSIX regular expression, with regard to case. */
export type CaseLabel =
  | { readonly kind: 'value'; readonly value: Expression }
  | { readonly kind: 'regex'; readonly pattern: Expression }
  | { readonly kind: 'default' };

/** `return`, `return 5`, `exit`, `drop`: without a value return is 1; `return 0` ends the script. */
export interface Leave {
  readonly kind: 'return' | 'exit' | 'drop';
  readonly value: Expression | undefined;
  readonly span: Span;
}

export interface Break {
  readonly kind: 'break';
  readonly span: Span;
}

/** Assigning a call directly, `$var(x) = f()`, stores its raw return code: `value` is then a Call or RouteCall. */
export interface Assign {
  readonly kind: 'assign';
  readonly target: Target;
  readonly value: Expression;
  readonly span: Span;
}

export interface CallStatement {
  readonly kind: 'callStatement';
  readonly call: Call | RouteCall;
  readonly span: Span;
}

export type Target = Pv | Attribute | ReturnCode | NullValue;

/* ---- expressions ---- */

export type Expression =
  | NumberLiteral
  | StringLiteral
  | Pv
  | NullValue
  | ReturnCode
  | Select
  | Attribute
  | Unary
  | Cast
  | Defined
  | StringTest
  | SelVal
  | Binary
  | AssignExpression
  | BlockExpression
  | Call
  | RouteCall
  | CoreTest
  | Word
  | IpLiteral
  | SocketAddress
  | Invalid;

/** `yes` and its like are 1 and 0, `inet` is 2, `inet6` 10: `text` tells how it was written. */
export interface NumberLiteral {
  readonly kind: 'number';
  readonly value: number;
  readonly text: string;
  readonly span: Span;
}

/** Adjacent strings are one; `#!subst` was applied. Literals are never interpolated in expressions. */
export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  /** The strings as they stand in the file: with `placeInString` an index in `value` leads back there. */
  readonly pieces: readonly StringPiece[];
  readonly span: Span;
}

export interface StringPiece {
  /** Where in `value` this piece begins. */
  readonly at: number;
  /** False when a subst changed the piece: its characters no longer stand in the file. */
  readonly verbatim: boolean;
  /** The quotes belong to the span. */
  readonly span: Span;
}

/** `$name`, `$name(inner)`, `$(name(inner)[index]{transformation})`: the text with balanced brackets, not yet read. */
export interface Pv {
  readonly kind: 'pv';
  readonly text: string;
  readonly span: Span;
}

/** `$null`. On the right of `==` and `!=` it means "not defined" and "defined". */
export interface NullValue {
  readonly kind: 'null';
  readonly span: Span;
}

/** `$rc`, `$retcode`, `$?`. */
export interface ReturnCode {
  readonly kind: 'returnCode';
  readonly text: string;
  readonly span: Span;
}

/** `@cfg_get.group.name[1]["key"]`. */
export interface Select {
  readonly kind: 'select';
  readonly text: string;
  readonly parts: readonly SelectPart[];
  readonly span: Span;
}

export interface SelectPart {
  readonly name: string;
  readonly indexes: readonly (number | string)[];
}

/** An attribute of SER: `%f.name`. */
export interface Attribute {
  readonly kind: 'attribute';
  readonly text: string;
  readonly span: Span;
}

export interface Unary {
  readonly kind: 'unary';
  readonly op: '!' | '~' | '-';
  readonly operand: Expression;
  readonly span: Span;
}

export interface Cast {
  readonly kind: 'cast';
  readonly to: 'int' | 'str';
  readonly operand: Expression;
  readonly span: Span;
}

export interface Defined {
  readonly kind: 'defined';
  readonly operand: Expression;
  readonly span: Span;
}

/** `strlen(x)` and `strempty(x)`. */
export interface StringTest {
  readonly kind: 'strlen' | 'strempty';
  readonly operand: Expression;
  readonly span: Span;
}

/** `selval(condition, whenTrue, whenFalse)`. */
export interface SelVal {
  readonly kind: 'selval';
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
  readonly span: Span;
}

/**
 * `eq ne` compare as strings and `ieq ine` as integers, whatever the left type. `and`, `or` are `&&`, `||`. `!~` and
 * `%` (for `mod`) are ours: Kamailio refuses them.
 */
export type BinaryOp = LogicalOp | ComparisonOp | ArithmeticOp;

export type LogicalOp = '||' | '&&';
export type ComparisonOp = '==' | '!=' | '=~' | '!~' | 'eq' | 'ne' | 'ieq' | 'ine' | '<' | '>' | '<=' | '>=';
export type ArithmeticOp = '|' | '&' | '^' | '<<' | '>>' | '+' | '-' | '*' | '/' | 'mod';

export interface Binary {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly opSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

/** `($var(x) = 1)`, and `if ($var(x) = 1)`: an assignment where a value is wanted. It is 1 when it succeeds. */
export interface AssignExpression {
  readonly kind: 'assignExpression';
  readonly target: Target;
  readonly value: Expression;
  readonly span: Span;
}

/** `{ actions }` as a value. */
export interface BlockExpression {
  readonly kind: 'blockExpression';
  readonly block: Block;
  readonly span: Span;
}

/** A function of a module or of the core (`core`: the grammar of Kamailio has it as a keyword). */
export interface Call {
  readonly kind: 'call';
  readonly name: Name;
  readonly core: boolean;
  /** `force_rport;` without parentheses, which some core functions allow. */
  readonly parenthesised: boolean;
  readonly args: readonly Expression[];
  readonly span: Span;
}

/** `route(NAME)` with a fixed name, or with an expression that gives the name when it runs. */
export interface RouteCall {
  readonly kind: 'routeCall';
  readonly target: RouteName | Expression;
  readonly span: Span;
}

export type CoreField = CoreTextField | CoreAddressField | CoreNumberField | CoreProtoField;

export type CoreTextField = 'method' | 'uri' | 'status' | 'from_uri' | 'to_uri';
export type CoreAddressField = 'src_ip' | 'dst_ip' | 'snd_ip' | 'to_ip';
export type CorePortField = 'src_port' | 'dst_port' | 'snd_port' | 'to_port';
export type CoreNumberField = CorePortField | 'af' | 'snd_af' | 'to_af' | 'msg:len';
export type CoreProtoField = 'proto' | 'snd_proto' | 'to_proto';

export type CoreOp = '==' | '!=' | '=~' | '<' | '>' | '<=' | '>=';

/**
 * A keyword test, `uri == myself`. `uri` and `status` are the same slot of the first line. `myself == uri` is kept
 * with the field on the left (`reversed`). Keyword tests compare text without regard to case.
 */
export interface CoreTest {
  readonly kind: 'coreTest';
  readonly field: CoreField;
  readonly fieldSpan: Span;
  readonly op: CoreOp;
  readonly value: CoreValue;
  readonly reversed: boolean;
  readonly span: Span;
}

/** A Word is a method (`method == INVITE`), a protocol (`proto == udp`) or a host name (`src_ip == a.b.c`). */
export type CoreValue = Expression | Myself | Network | MaxLength;

export interface Myself {
  readonly kind: 'myself';
  readonly span: Span;
}

/** `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`. */
export interface Network {
  readonly kind: 'network';
  readonly address: string;
  readonly family: 4 | 6;
  readonly mask: number | string;
  readonly span: Span;
}

/** `max_len`: the size of the largest message that can be received. */
export interface MaxLength {
  readonly kind: 'maxLength';
  readonly span: Span;
}

/**
 * A bare word where Kamailio's grammar has one: arguments of core functions (`setflag(NAME)`, `forward(uri:host)`),
 * values of parameters (`LOG_LOCAL0`), host names. As an operand elsewhere it is an error that was reported.
 */
export interface Word {
  readonly kind: 'word';
  readonly text: string;
  readonly span: Span;
}

/** IPv6 addresses without brackets. */
export interface IpLiteral {
  readonly kind: 'ip';
  readonly text: string;
  readonly family: 4 | 6;
  readonly span: Span;
}

/** Stands for what could not be read; a diagnostic says why. */
export interface Invalid {
  readonly kind: 'invalid';
  readonly span: Span;
}
