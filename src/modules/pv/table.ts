/**
 * How the pseudo-variables of this module are written down: declaration and code of one in one place. From a table of
 * them come the declarations of the module and, with an environment, its bindings.
 */
import { RequestContext } from '../../engine/context.ts';
import type { PvDecl } from '../../engine/declaration.ts';
import type { PvBinding, PvRef, PvValue } from '../../engine/module.ts';
import { trust } from '../../util/trust.ts';
import type { MessageContext, PvEnvironment } from './environment.ts';

export type { MessageContext } from './environment.ts';
export type ReadPv = (ctx: MessageContext, ref: PvRef, env: PvEnvironment) => PvValue;
export type WritePv = (ctx: MessageContext, ref: PvRef, value: PvValue, env: PvEnvironment) => void;

export interface PvEntry {
  readonly decl: PvDecl;
  readonly read: ReadPv;
  readonly write: WritePv | undefined;
}

export type PvTable = Readonly<Record<string, PvEntry>>;

interface Access {
  readonly read: ReadPv;
  readonly write?: WritePv;
  readonly inner?: 'required' | 'optional';
  readonly raw?: true;
}

function entry(type: PvDecl['type'], doc: string, access: ReadPv | Access): PvEntry {
  const { read, write, inner, raw }: Access = typeof access === 'function' ? { read: access } : access;
  const decl: PvDecl = {
    type,
    doc,
    ...(write === undefined ? {} : { writable: true }),
    ...(inner === undefined ? {} : { inner }),
    ...(raw === undefined ? {} : { raw }),
  };
  return { decl, read, write };
}

export const text = (doc: string, access: ReadPv | Access): PvEntry => entry('str', doc, access);
export const number = (doc: string, access: ReadPv | Access): PvEntry => entry('int', doc, access);
export const either = (doc: string, access: ReadPv | Access): PvEntry => entry('any', doc, access);

export function declarations<T extends PvTable>(table: T): { readonly [K in keyof T]: PvDecl } {
  const entries = Object.entries(table).map(([name, { decl }]) => [name, decl]);
  // One entry for each key of the table, in its shape.
  return trust<{ readonly [K in keyof T]: PvDecl }>(Object.fromEntries(entries));
}

export function bindings<T extends PvTable>(table: T, env: PvEnvironment): { readonly [K in keyof T]: PvBinding } {
  const entries = Object.entries(table).map(([name, { read, write }]): [string, PvBinding] => [
    name,
    {
      read: (ctx, ref) => read(ctx, ref, env),
      ...(write === undefined
        ? {}
        : { write: (ctx: MessageContext, ref: PvRef, value: PvValue) => write(ctx, ref, value, env) }),
    },
  ]);
  // One entry for each key of the table, in its shape.
  return trust<{ readonly [K in keyof T]: PvBinding }>(Object.fromEntries(entries));
}

export const asText = (value: string | number): string => (typeof value === 'number' ? String(value) : value);

const INTEGER = /^[+-]?\d{1,15}$/;

/** As Kamailio reads a number: the whole text is digits, else it is none. */
export function asInteger(value: PvValue): number | undefined {
  if (typeof value === 'number') return Math.trunc(value);
  return value !== null && INTEGER.test(value) ? Number(value) : undefined;
}

export const requestOf = (ctx: MessageContext): RequestContext | undefined =>
  ctx instanceof RequestContext ? ctx : undefined;
