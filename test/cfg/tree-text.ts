/** A tree of src/cfg as indented text, one line a statement: what the golden files show. */
import type { Block, Config, CoreValue, RouteName, SocketAddress, Statement, TopLevel } from '../../src/cfg/ast.ts';

export function treeText({ items }: Config): string {
  return items.map((item) => topLevel(item)).join('\n');
}

function topLevel(item: TopLevel): string {
  switch (item.kind) {
    case 'globalParam':
      return `param ${item.name.text} = ${expression(item.value)}`;
    case 'customParam': {
      const instance = item.instance === undefined ? '' : `[${item.instance}]`;
      const description = item.description === undefined ? '' : ` desc ${expression(item.description)}`;
      return `custom ${item.group.text}${instance}.${item.name.text} = ${expression(item.value)}${description}`;
    }
    case 'listen': {
      const parts = [item.form, ...item.sockets.map(socket)];
      if (item.advertise !== undefined) parts.push('advertise', socket(item.advertise));
      if (item.name !== undefined) parts.push('name', expression(item.name));
      if (item.groupName !== undefined) parts.push('agname', expression(item.groupName));
      if (item.workers !== undefined) parts.push('workers', expression(item.workers));
      if (item.virtual) parts.push('virtual');
      if (item.vrf !== undefined) parts.push('vrf', expression(item.vrf));
      return parts.join(' ');
    }
    case 'alias':
      return ['alias', ...item.names.map(socket)].join(' ');
    case 'flags': {
      const flags = item.flags.map(({ name, number }) => name.text + (number === undefined ? '' : `:${number.value}`));
      return `flags of ${item.of}: ${flags.join(' ')}`;
    }
    case 'loadModule':
      return `load ${item.module}${item.options === undefined ? '' : ` with ${expression(item.options)}`}`;
    case 'loadPath':
      return `path ${expression(item.path)}`;
    case 'cfgEngine':
      return `engine ${expression(item.engine)}`;
    case 'modParam': {
      const evaluated = item.evaluated ? ' evaluated' : '';
      return `modparam ${expression(item.modules)} ${expression(item.param)} = ${expression(item.value)}${evaluated}`;
    }
    case 'routeBlock':
      return `route ${item.route}${item.name === undefined ? '' : ` ${routeName(item.name)}`}\n${block(item.body, 1)}`;
  }
}

function block({ statements }: Block, depth: number): string {
  if (statements.length === 0) return `${'  '.repeat(depth)}nothing`;
  return statements.map((one) => statement(one, depth)).join('\n');
}

function statement(node: Statement, depth: number): string {
  const indent = '  '.repeat(depth);
  switch (node.kind) {
    case 'if': {
      const lines = [`${indent}if ${expression(node.condition)}`, block(node.consequence, depth + 1)];
      if (node.alternative !== undefined) lines.push(`${indent}else`, block(node.alternative, depth + 1));
      return lines.join('\n');
    }
    case 'while':
      return `${indent}while ${expression(node.condition)}\n${block(node.body, depth + 1)}`;
    case 'switch': {
      const cases = node.cases.map(({ label, body }) => {
        const head =
          label.kind === 'default' ? 'default' : expression(label.kind === 'regex' ? label.pattern : label.value);
        const lines = body.map((one) => statement(one, depth + 2));
        return [`${indent}  ${label.kind === 'regex' ? 'matches ' : ''}${head}`, ...lines].join('\n');
      });
      return [`${indent}switch ${expression(node.subject)}`, ...cases].join('\n');
    }
    case 'return':
    case 'exit':
    case 'drop':
      return `${indent}${node.kind}${node.value === undefined ? '' : ` ${expression(node.value)}`}`;
    case 'break':
      return `${indent}break`;
    case 'assign':
      return `${indent}${expression(node.target)} = ${expression(node.value)}`;
    case 'callStatement':
      return indent + expression(node.call);
    case 'block':
      return `${indent}block\n${block(node, depth + 1)}`;
  }
}

function expression(node: CoreValue): string {
  switch (node.kind) {
    case 'number':
      return String(node.value);
    case 'string':
      return JSON.stringify(node.value);
    case 'null':
      return '$null';
    case 'pv':
    case 'attribute':
    case 'select':
    case 'returnCode':
      return node.text;
    case 'word':
      return `'${node.text}'`;
    case 'ip':
      return `ip${node.family}:${node.text}`;
    case 'network':
      return `net${node.family}:${node.address}/${node.mask}`;
    case 'socketAddress':
      return socket(node);
    case 'unary':
      return `(${node.op} ${expression(node.operand)})`;
    case 'cast':
      return `(${node.to} ${expression(node.operand)})`;
    case 'defined':
    case 'strlen':
    case 'strempty':
      return `(${node.kind} ${expression(node.operand)})`;
    case 'selval':
      return `(selval ${[node.condition, node.whenTrue, node.whenFalse].map(expression).join(' ')})`;
    case 'binary':
      return `(${expression(node.left)} ${node.op} ${expression(node.right)})`;
    case 'assignExpression':
      return `(${expression(node.target)} := ${expression(node.value)})`;
    case 'blockExpression':
      return `{ ${node.block.statements.map((one) => statement(one, 0)).join('; ')} }`;
    case 'call':
      return `${node.core ? 'core ' : ''}${node.name.text}(${node.args.map(expression).join(', ')})`;
    case 'routeCall':
      return `route(${node.target.kind === 'routeName' ? routeName(node.target) : expression(node.target)})`;
    case 'coreTest':
      return `[${node.field} ${node.op} ${expression(node.value)}${node.reversed ? ' reversed' : ''}]`;
    case 'myself':
      return 'myself';
    case 'maxLength':
      return 'max_len';
    case 'invalid':
      return 'invalid';
  }
}

function routeName({ text, form }: RouteName): string {
  return form === 'string' ? JSON.stringify(text) : text;
}

function socket({ proto, hosts, port, lastPort }: SocketAddress): string {
  const names = hosts.map(({ text, quoted }) => (quoted ? JSON.stringify(text) : text)).join('|');
  const range = lastPort === undefined ? '' : `-${lastPort}`;
  return `<${proto === undefined ? '' : `${proto} `}${names}${port === undefined ? '' : ` ${port}${range}`}>`;
}
