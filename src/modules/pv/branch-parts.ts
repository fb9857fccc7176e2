/** A branch to be tried, part by part, as `$branch` and `$sbranch` read and write it. */
import type { BranchTarget, NextHop } from '../../engine/context.ts';
import type { PvValue } from '../../engine/module.ts';
import type { Listener } from '../../transport/flow.ts';
import type { PvEnvironment } from './environment.ts';
import { asInteger, asText } from './table.ts';
import { socketText } from './transport.ts';

export function branchPart(target: BranchTarget, part: string): PvValue {
  const { destination } = target;
  switch (part) {
    case 'uri':
      return target.uri;
    case 'dst_uri':
      return destination.uri ?? null;
    case 'path':
      return destination.route ?? null;
    case 'q':
      return target.q === 1000 ? null : target.q;
    case 'send_socket':
      return destination.listener === undefined ? null : socketText(destination.listener);
    case 'flags':
      return target.flags;
    default:
      return null;
  }
}

/** Another next hop: a connection or a Path that led to the one before does not lead there. */
const to = ({ listener }: NextHop, uri: string | undefined): NextHop => ({
  uri,
  listener,
  flow: undefined,
  route: undefined,
});

const listenerNamed = (env: PvEnvironment, name: PvValue): Listener | undefined =>
  env.parts.listeners().find((listener) => socketText(listener) === name);

export function changedBranch(target: BranchTarget, part: string, value: PvValue, env: PvEnvironment): BranchTarget {
  const whole = asInteger(value);
  switch (part) {
    case 'uri':
      return value === null || value === '' ? target : { ...target, uri: asText(value) };
    case 'dst_uri':
      return {
        ...target,
        destination: to(target.destination, value === null || value === '' ? undefined : asText(value)),
      };
    case 'path': {
      const route = value === null || value === '' ? undefined : asText(value);
      return { ...target, destination: { ...target.destination, route } };
    }
    case 'q':
      return { ...target, q: whole === undefined ? 1000 : Math.min(Math.max(whole, 0), 1000) };
    case 'flags':
      return { ...target, flags: (whole ?? 0) | 0 };
    case 'send_socket':
      return { ...target, destination: { ...target.destination, listener: listenerNamed(env, value) } };
    default:
      return target;
  }
}
