/** The house rules on TypeScript source: each looks at one file and says what is wrong with it, as `path:line what`. */
import ts from 'typescript';
import { type SourceFile, lineOf, visitAll } from './source-tree.ts';

export interface Rule {
  readonly title: string;
  readonly check: (file: SourceFile) => readonly string[];
}

export const maxFunctionLines = 70;
export const maxParameters = 4;

/** Finds nodes that break a rule: `what` names the fault, or is silent. */
function nodeRule(title: string, what: (node: ts.Node, file: SourceFile) => string | undefined): Rule {
  return {
    title,
    check(file) {
      const found: string[] = [];
      visitAll(file.tree, (node) => {
        const fault = what(node, file);
        if (fault !== undefined) found.push(`${file.path}:${lineOf(file, node.getStart(file.tree))} ${fault}`);
      });
      return found;
    },
  };
}

function textRule(title: string, pattern: RegExp): Rule {
  return {
    title,
    check({ path, text }) {
      return text
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : []));
    },
  };
}

/** Where the process, sockets, clocks and chance are real. */
export const isOutside = (path: string): boolean => path.startsWith('src/world/node/') || path.startsWith('src/cli/');

type FunctionNode = ts.FunctionLikeDeclaration;

function isFunction(node: ts.Node): node is FunctionNode {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

function functionName(node: FunctionNode): string {
  if (node.name !== undefined) return node.name.getText();
  const parent = node.parent;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  return ts.isConstructorDeclaration(node) ? 'constructor' : 'a function';
}

/** Lines of a function without those of the functions inside it, which are counted for themselves. */
function ownLines(node: FunctionNode, file: SourceFile): number {
  const span = (inner: ts.Node): number => lineOf(file, inner.end) - lineOf(file, inner.getStart(file.tree)) + 1;
  let lines = span(node);
  const subtract = (inner: ts.Node): void => {
    if (isFunction(inner)) lines -= span(inner) - 1;
    else ts.forEachChild(inner, subtract);
  };
  ts.forEachChild(node, subtract);
  return lines;
}

const firstComment: Rule = {
  title: 'begins with a comment that says what it is',
  check({ path, text }) {
    const afterShebang = text.startsWith('#!') ? text.slice(text.indexOf('\n') + 1) : text;
    const comment = /^(?:\/\*\*?\s*(?:\*\s*)?(?=[^*\s])|\/\/\s*(?=\S))[^\n]{8,}/;
    return comment.test(afterShebang) ? [] : [`${path}:1 ${afterShebang.split('\n')[0] ?? ''}`];
  },
};

const shortFunctions = nodeRule(`has functions of at most ${maxFunctionLines} lines`, (node, file) => {
  if (!isFunction(node)) return undefined;
  const lines = ownLines(node, file);
  return lines > maxFunctionLines ? `${functionName(node)} has ${lines} lines` : undefined;
});

const fewParameters = nodeRule(`has functions of at most ${maxParameters} parameters`, (node) => {
  if (!isFunction(node) || node.parameters.length <= maxParameters) return undefined;
  return `${functionName(node)} has ${node.parameters.length} parameters`;
});

const noAny = nodeRule('never says any', (node) => (node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : undefined));

const noNonNull = nodeRule('asserts nothing to be present with !', (node) => {
  if (ts.isNonNullExpression(node)) return node.getText();
  const definite = (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) && node.exclamationToken;
  return definite ? node.getText() : undefined;
});

const noDefaultExport = nodeRule('exports by name only', (node) => {
  if (ts.isExportAssignment(node)) return 'default export';
  return node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent) ? 'default export' : undefined;
});

const noModuleVariables: Rule = {
  title: 'keeps no variable and no table at module level',
  check(file) {
    const found: string[] = [];
    const report = (node: ts.Node, what: string): void => {
      found.push(`${file.path}:${lineOf(file, node.getStart(file.tree))} ${what}`);
    };
    for (const statement of file.tree.statements) {
      const variable =
        ts.isVariableStatement(statement) && (statement.declarationList.flags & ts.NodeFlags.Const) === 0;
      if (variable && !isAmbient(statement)) report(statement, 'module-level let or var');
      visitShared(statement, report);
    }
    return found;
  },
};

function isAmbient(node: ts.VariableStatement): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

/** What runs once and is shared by all proxies of a process: module level and static members, not function bodies. */
function visitShared(node: ts.Node, report: (node: ts.Node, what: string) => void): void {
  if (ts.isFunctionLike(node)) return;
  if (ts.isPropertyDeclaration(node)) {
    const has = (kind: ts.SyntaxKind): boolean => node.modifiers?.some((modifier) => modifier.kind === kind) ?? false;
    if (!has(ts.SyntaxKind.StaticKeyword)) return;
    if (!has(ts.SyntaxKind.ReadonlyKeyword)) report(node, 'static variable');
  }
  if (isTable(node) && !isDeclaredReadonly(node.parent)) report(node, `module-level ${node.getText().slice(0, 40)}`);
  ts.forEachChild(node, (child) => visitShared(child, report));
}

function isTable(node: ts.Node): boolean {
  return ts.isNewExpression(node) && /^(?:Weak)?(?:Map|Set)$/.test(node.expression.getText());
}

/** A constant declared `ReadonlyMap` or `ReadonlySet` is a table of facts, not state. */
function isDeclaredReadonly(node: ts.Node): boolean {
  const declared = ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) ? node.type?.getText() : undefined;
  return declared !== undefined && /^Readonly(?:Map|Set)</.test(declared);
}

const forbiddenMembers: ReadonlyMap<string, string> = new Map([
  ['Date.now', 'use the Clock'],
  ['Math.random', 'use Random'],
  ['performance.now', 'use the Clock'],
  ['crypto.randomBytes', 'use Random'],
  ['crypto.randomUUID', 'use Random'],
  ['crypto.randomInt', 'use Random'],
  ['crypto.getRandomValues', 'use Random'],
]);

const forbiddenCalls: ReadonlyMap<string, string> = new Map([
  ['setTimeout', 'use clock.wake'],
  ['setInterval', 'use clock.wake'],
  ['setImmediate', 'use clock.defer'],
  ['queueMicrotask', 'use clock.defer'],
]);

const randomImports: ReadonlySet<string> = new Set([
  'randomBytes',
  'randomUUID',
  'randomInt',
  'randomFillSync',
  'randomFill',
  'getRandomValues',
]);

const pure: Rule = nodeRule(
  'touches no clock, chance, timer or process outside src/world/node and src/cli',
  (node, file) => {
    if (isOutside(file.path)) return undefined;
    if (ts.isPropertyAccessExpression(node)) return impureMember(node);
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const advice = forbiddenCalls.get(node.expression.text);
      return advice === undefined ? undefined : `${node.expression.text}: ${advice}`;
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0) {
      return 'new Date(): use the Clock';
    }
    if (ts.isImportSpecifier(node) && randomImports.has((node.propertyName ?? node.name).text)) {
      return `${node.getText()}: use Random`;
    }
    return undefined;
  },
);

function impureMember(node: ts.PropertyAccessExpression): string | undefined {
  if (!ts.isIdentifier(node.expression)) return undefined;
  const text = `${node.expression.text}.${node.name.text}`;
  if (node.expression.text === 'process') return `${text}: take it as an argument`;
  const advice = forbiddenMembers.get(text);
  return advice === undefined ? undefined : `${text}: ${advice}`;
}

/** `as const` always; `as` a brand anywhere; every other `as` only in src/util. */
export function castRule(files: readonly SourceFile[]): Rule {
  const brands = new Set(files.flatMap(brandsOf));
  return nodeRule('casts with as only to a brand', (node, file) => {
    if (ts.isTypeAssertionExpression(node)) return node.getText();
    if (!ts.isAsExpression(node) || file.path.startsWith('src/util/')) return undefined;
    const type = node.type.getText();
    return type === 'const' || brands.has(type) ? undefined : `as ${type}`;
  });
}

/** A brand is an intersection with a type literal whose key is a unique symbol. */
function brandsOf(file: SourceFile): string[] {
  return file.tree.statements.filter(ts.isTypeAliasDeclaration).flatMap(({ name, type }) => {
    if (!ts.isIntersectionTypeNode(type)) return [];
    const members = type.types.filter(ts.isTypeLiteralNode).flatMap((literal) => [...literal.members]);
    const branded = members.some((member) => member.name !== undefined && ts.isComputedPropertyName(member.name));
    return branded ? [name.text] : [];
  });
}

const word = (...parts: readonly string[]): string => parts.join('');

const noNotesToSelf = textRule(
  'leaves no note to do later',
  new RegExp(`\\b(?:${word('TO', 'DO')}|${word('FIX', 'ME')}|${word('X', 'XX')}|${word('HA', 'CK')})\\b(?!-)`),
);

const noSuppression = textRule(
  'silences no checker',
  /@ts-(?:ignore|nocheck|expect-error)|(?:eslint|oxlint)-disable|biome-ignore|v8 ignore|istanbul ignore|@knipignore/,
);

export const sourceRules: readonly Rule[] = [
  firstComment,
  shortFunctions,
  fewParameters,
  noAny,
  noNonNull,
  noModuleVariables,
  pure,
  noNotesToSelf,
  noSuppression,
  noDefaultExport,
];

export const sampleRules: readonly Rule[] = [
  firstComment,
  shortFunctions,
  noAny,
  noNonNull,
  noNotesToSelf,
  noSuppression,
];

export const testRules: readonly Rule[] = [
  firstComment,
  noAny,
  noNotesToSelf,
  textRule('runs every test', /\b(?:it|test|describe)\.only\(/),
];
