/**
 * What can be said of the types of an expression before it runs. Kamailio refuses operands of the wrong type when it
 * reads the file; a pseudo-variable fits anywhere, because its type is known only when the script runs.
 */
import type { Binary, BinaryOp, Expression } from '../ast.ts';
import type { Report } from '../report.ts';

type Type = 'number' | 'text' | 'any';

const kinds: Readonly<Record<BinaryOp, 'numbers' | 'texts' | 'alike'>> = {
  '+': 'alike',
  '==': 'alike',
  '!=': 'alike',
  '=~': 'texts',
  '!~': 'texts',
  eq: 'texts',
  ne: 'texts',
  ieq: 'numbers',
  ine: 'numbers',
  '-': 'numbers',
  '*': 'numbers',
  '/': 'numbers',
  mod: 'numbers',
  '|': 'numbers',
  '&': 'numbers',
  '^': 'numbers',
  '<<': 'numbers',
  '>>': 'numbers',
  '<': 'numbers',
  '>': 'numbers',
  '<=': 'numbers',
  '>=': 'numbers',
  '&&': 'numbers',
  '||': 'numbers',
};

function typeOf(expression: Expression): Type {
  switch (expression.kind) {
    case 'string':
    case 'select':
      return 'text';
    case 'number':
    case 'unary':
    case 'defined':
    case 'strlen':
    case 'strempty':
    case 'call':
    case 'routeCall':
    case 'coreTest':
    case 'assignExpression':
    case 'blockExpression':
      return 'number';
    case 'cast':
      return expression.to === 'int' ? 'number' : 'text';
    case 'binary':
      return expression.op === '+' ? typeOf(expression.left) : 'number';
    case 'pv':
    case 'returnCode':
    case 'null':
    case 'attribute':
    case 'selval':
    case 'word':
    case 'ip':
    case 'socketAddress':
    case 'invalid':
      return 'any';
  }
}

/** Says what does not fit in this expression itself; those inside it are looked at on their own. */
export function checkTypes(expression: Expression, report: Report): void {
  const { kind } = expression;
  if (kind === 'binary') checkOperands(expression, report);
  else if (kind === 'unary' && typeOf(expression.operand) === 'text') {
    report('CFG_TYPES', expression.operand.span, `${expression.op} takes a number, and this is a text`, {
      hint: expression.op === '!' ? 'whether a text is empty says strempty(...)' : '(int)"..." reads a number',
    });
  } else if (
    (kind === 'strlen' || kind === 'strempty' || kind === 'defined') &&
    typeOf(expression.operand) === 'number'
  )
    report('CFG_TYPES', expression.operand.span, `${kind} takes a text or a pseudo-variable, no number`);
}

function checkOperands({ op, left, right }: Binary, report: Report): void {
  const [first, second] = [typeOf(left), typeOf(right)];
  if (kinds[op] === 'numbers') {
    const wrong = first === 'text' ? left : second === 'text' ? right : undefined;
    if (wrong !== undefined) report('CFG_TYPES', wrong.span, `${op} takes numbers, and this is a text`, numeric(op));
    return;
  }
  if (first === 'number' && second === 'text') {
    const what = op === '+' ? 'is added to' : 'is compared with';
    report('CFG_TYPES', right.span, `this text ${what} a number: the left side says what both are`, {
      hint: 'write the text on the left, or (str) in front of the number',
    });
  } else if (first === 'number' && kinds[op] === 'texts') {
    report('CFG_TYPES', left.span, `${op} takes texts, and this is a number`, {
      hint: op === 'eq' || op === 'ne' ? `write ${op === 'eq' ? '==' : '!='}` : 'write (str) in front of it',
    });
  }
}

function numeric(op: BinaryOp): { readonly hint: string } {
  if (op === 'ieq' || op === 'ine') return { hint: `write ${op === 'ieq' ? 'eq' : 'ne'} for texts` };
  return {
    hint: op === '&&' || op === '||' ? 'whether a text is empty says strempty(...)' : '(int)"..." reads a number',
  };
}
