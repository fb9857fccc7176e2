/** The replies we make ourselves and the To-tags by which we know their ACK. */
import { describe, expect, it } from 'vitest';
import { RequestState } from '../../src/engine/context.ts';
import { ReplyFactory } from '../../src/engine/reply-factory.ts';
import { SipRequest } from '../../src/sip/message.ts';
import { Simulator } from '../../src/testing.ts';

const factory = (seed = 1) => new ReplyFactory(new Simulator({ seed }).world.random);

function request(method = 'INVITE', to = '<sip:bob@example.com>'): SipRequest {
  const made = SipRequest.create(method, 'sip:bob@example.com');
  made.headers.append('Via', 'SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1');
  made.headers.append('From', '<sip:alice@example.com>;tag=a');
  made.headers.append('To', to);
  made.headers.append('Call-ID', 'one');
  made.headers.append('CSeq', `1 ${method}`);
  return made;
}

describe('a stateless reply', () => {
  it('gets the same To-tag each time, and another from another proxy', () => {
    const replies = factory();
    const tag = replies.stateless(request(), { status: 404 }).toTag;
    expect(replies.stateless(request(), { status: 404 }).toTag).toBe(tag);
    expect(factory(2).stateless(request(), { status: 404 }).toTag).not.toBe(tag);
  });

  it('has its ACK recognised, that of a transaction or of somebody else has not', () => {
    const replies = factory();
    const ackOf = (tag: string | undefined) => request('ACK', `<sip:bob@example.com>;tag=${tag}`);
    const stateless = replies.stateless(request(), { status: 407 }).toTag;
    const stateful = replies.stateful(request(), { status: 407 }, new RequestState()).toTag;
    expect(replies.isAckToStateless(ackOf(stateless))).toBe(true);
    expect(replies.isAckToStateless(ackOf(stateful))).toBe(false);
    expect(replies.isAckToStateless(ackOf(`${stateless?.slice(0, -1)}_`))).toBe(false);
    expect(replies.isAckToStateless(request('ACK'))).toBe(false);
  });

  it('ends with the header that names this proxy, where one was given', () => {
    const named = new ReplyFactory(new Simulator().world.random, ['Server', 'My Box']);
    const order = { status: 200, headers: [['X-A', '1']] } as const;
    for (const reply of [named.stateless(request(), order), named.stateful(request(), order, new RequestState())]) {
      expect(reply.serialize().toString('latin1')).toContain('X-A: 1\r\nServer: My Box\r\nContent-Length: 0\r\n');
    }
    expect(factory().stateless(request(), order).headers.get('Server')).toBeUndefined();
  });

  it('with 100 has no To-tag', () => {
    expect(factory().stateless(request(), { status: 100 }).toTag).toBeUndefined();
  });

  it('carries the headers of the route, then its own, its body, and the phrase of the RFC', () => {
    const state = new RequestState();
    state.replyHeaders = [['X-Route', 'r']];
    const order = { status: 420, headers: [['Unsupported', 'x']] as const, body: 'b', contentType: 'text/plain' };
    const reply = factory().stateless(request(), order, state);
    const text = reply.serialize().toString('latin1');
    expect(text).toMatch(/^SIP\/2\.0 420 Bad Extension\r\n/);
    expect(text).toMatch(/X-Route: r\r\nUnsupported: x\r\nContent-Type: text\/plain\r\nContent-Length: 1\r\n\r\nb$/);
  });
});
