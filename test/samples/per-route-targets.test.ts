/** The sample `per-route-targets`: which message reaches which target. */
import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../../src/sip/message.ts';
import type { ScriptedUa } from '../../src/testing.ts';
import { answeredCall, challenge, registerAndCall, registration, sampleStage, seenBy } from './sample-stage.ts';

const sample = 'per-route-targets';

const lastHop = `OPTIONS sip:bob@example.com SIP/2.0
Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKlast;rport
Max-Forwards: 0
From: <sip:alice@example.com>;tag=1
To: <sip:bob@example.com>
Call-ID: last@example.com
CSeq: 1 OPTIONS
Content-Length: 0

`;

function authenticated(alice: ScriptedUa, invite: SipRequest): SipRequest {
  const [refused] = alice.receivedStatus(407);
  if (refused === undefined) throw new Error('no 407');
  alice.ackNegative(invite, refused);
  const again = alice.authenticate(invite, refused);
  if (again === undefined) throw new Error('no challenge in the 407');
  return again;
}

describe('a registration', () => {
  it('is relayed, and traced to Homer alone', async () => {
    const stage = await sampleStage(sample);
    stage.alice.register();
    await stage.sim.runFor(100);
    expect(stage.alice.receivedStatus(200, 'REGISTER')).toHaveLength(1);
    expect(seenBy(stage.homer)).toEqual(registration);
    expect(seenBy(stage.voipmonitor)).toEqual([]);
  });
});

describe('an INVITE without valid credentials', () => {
  it('gets a 407 that goes to Voipmonitor with its ACK, and no further', async () => {
    const stage = await sampleStage(sample, { password: 'looking-glass' });
    stage.alice.invite('sip:bob@example.com');
    await stage.sim.runFor(100);
    expect(stage.alice.receivedStatus(407)).toHaveLength(2);
    expect(seenBy(stage.voipmonitor)).toEqual([...challenge, ...challenge]);
    expect(seenBy(stage.homer)).toEqual([]);
    expect(stage.bob.received()).toEqual([]);
  });

  it('is challenged for the realm of its From URI', async () => {
    const stage = await sampleStage(sample);
    stage.alice.invite('sip:bob@example.com');
    await stage.sim.runFor(100);
    const [refused] = stage.alice.receivedStatus(407);
    expect(refused?.headers.get('Proxy-Authenticate')).toContain('realm="example.com"');
  });

  it('does not get past with a Route of its own', async () => {
    const stage = await sampleStage(sample, { password: '' });
    stage.alice.invite('sip:bob@example.com', { routes: ['<sip:10.0.0.1;lr>', '<sip:10.0.0.3;lr>'] });
    await stage.sim.runFor(100);
    expect(stage.alice.receivedStatus(407)).not.toHaveLength(0);
    expect(stage.bob.received()).toEqual([]);
  });
});

describe('a call with credentials', () => {
  it('is record-routed to the next hop, and all of it is traced to Voipmonitor', async () => {
    const stage = await sampleStage(sample);
    await registerAndCall(stage);
    expect(stage.bob.received('INVITE')[0]?.headers.get('Record-Route')).toContain('sip:10.0.0.1');
    expect(seenBy(stage.homer)).toEqual(registration);
    expect([...seenBy(stage.voipmonitor)].toSorted()).toEqual([...challenge, ...answeredCall].toSorted());
  });

  it('that is cancelled takes its CANCEL, 487 and ACK to Voipmonitor', async () => {
    const { alice, bob, sim, voipmonitor } = await sampleStage(sample, { auto: false });
    bob.acceptCalls([180]);
    const invite = alice.invite('sip:bob@example.com');
    await sim.runFor(100);
    const again = authenticated(alice, invite);
    await sim.runFor(100);
    voipmonitor.forget();
    alice.cancel(again);
    await sim.runFor(100);
    const [refused] = alice.receivedStatus(487);
    if (refused !== undefined) alice.ackNegative(again, refused);
    await sim.runFor(100);
    expect([...seenBy(voipmonitor)].toSorted()).toEqual(
      [
        'alice > proxy CANCEL',
        'proxy > alice 200',
        'proxy > bob CANCEL',
        'bob > proxy 200',
        'bob > proxy 487',
        'proxy > bob ACK',
        'proxy > alice 487',
        'alice > proxy ACK',
      ].toSorted(),
    );
  });
});

describe('a request without hops left', () => {
  it('is answered by 483', async () => {
    const stage = await sampleStage(sample);
    stage.alice.send(lastHop);
    await stage.sim.runFor(100);
    expect(stage.bob.received()).toEqual([]);
    expect(seenBy(stage.voipmonitor)).toEqual(['alice > proxy OPTIONS', 'proxy > alice 483']);
  });
});
