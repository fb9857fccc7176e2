/** The transaction table: bounded, and honest about it. */
import { expect, it } from 'vitest';
import { TransactionTable } from '../../src/transaction/table.ts';

it('finds what was added, until it is deleted', () => {
  const table = new TransactionTable<number>();
  expect(table.add('a', 1)).toBe('added');
  expect(table.get('a')).toBe(1);
  expect(table.delete('a')).toBe(true);
  expect(table.get('a')).toBeUndefined();
  expect(table.delete('a')).toBe(false);
});

it('takes exactly as many as its limit, and one more when one has left', () => {
  const table = new TransactionTable<number>(2);
  expect([table.add('a', 1), table.add('b', 2), table.add('c', 3)]).toEqual(['added', 'added', 'full']);
  expect(table.get('c')).toBeUndefined();
  table.delete('a');
  expect(table.add('c', 3)).toBe('added');
});

it('holds 100000 transactions unless told otherwise', () => {
  const table = new TransactionTable<number>();
  for (let i = 0; i < 100_000; i += 1) table.add(String(i), i);
  expect(table.size).toBe(100_000);
  expect(table.add('one more', 0)).toBe('full');
});

it('leaves a taken key with its first transaction, when it is full too', () => {
  const table = new TransactionTable<number>(1);
  table.add('a', 1);
  expect(table.add('a', 2)).toBe('taken');
  expect(table.get('a')).toBe(1);
});

it('remembers its largest size', () => {
  const table = new TransactionTable<number>();
  table.add('a', 1);
  table.add('b', 2);
  table.delete('a');
  expect([table.size, table.peak]).toEqual([1, 2]);
});
