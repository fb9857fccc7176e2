/** How an ACK and a reply without a transaction find the exchange they belong to. */
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../src/engine/exchange.ts';
import { ExchangeMemory, MEMORY_MS } from '../../src/engine/exchange-memory.ts';
import { SipRequest } from '../../src/sip/message.ts';
import type { Instant } from '../../src/util/time.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { after } from '../../src/util/time.ts';

const start: Instant = new VirtualClock().now();

function request(method: string, callId: string, number = 1): SipRequest {
  const made = SipRequest.create(method, 'sip:bob@example.com');
  made.headers.append('From', '<sip:alice@example.com>;tag=a');
  made.headers.append('Call-ID', callId);
  made.headers.append('CSeq', `${number} ${method}`);
  return made;
}

describe('the memory of exchanges', () => {
  it('knows the ACK by Call-ID, From tag and CSeq number', () => {
    const memory = new ExchangeMemory();
    const exchange = new Exchange();
    memory.rememberInvite(request('INVITE', 'one'), exchange, start);
    expect(memory.ofAck(request('ACK', 'one'), start)).toBe(exchange);
    expect(memory.ofAck(request('ACK', 'two'), start)).toBeUndefined();
    expect(memory.ofAck(request('ACK', 'one', 2), start)).toBeUndefined();
  });

  it('forgets after 32 seconds', () => {
    const memory = new ExchangeMemory();
    memory.rememberInvite(request('INVITE', 'one'), new Exchange(), start);
    memory.rememberBranch('z9hG4bK1', new Exchange(), start);
    expect(memory.ofBranch('z9hG4bK1', after(start, MEMORY_MS - 1))).toBeDefined();
    expect(memory.ofAck(request('ACK', 'one'), after(start, MEMORY_MS))).toBeUndefined();
    expect(memory.ofBranch('z9hG4bK1', after(start, MEMORY_MS))).toBeUndefined();
  });

  it('holds as many as it was told and loses the oldest first', () => {
    const memory = new ExchangeMemory(2);
    for (const id of ['one', 'two', 'three']) memory.rememberInvite(request('INVITE', id), new Exchange(), start);
    const known = ['one', 'two', 'three'].map((id) => memory.ofAck(request('ACK', id), start) !== undefined);
    expect(known).toEqual([false, true, true]);
    expect(memory.size).toBe(2);
  });

  it('keeps nothing of an INVITE without Call-ID', () => {
    const memory = new ExchangeMemory();
    memory.rememberInvite(SipRequest.create('INVITE', 'sip:bob@example.com'), new Exchange(), start);
    expect(memory.size).toBe(0);
  });
});
