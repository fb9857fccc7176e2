/** sn_refresh_topology: what a dialog of another node says of that node's addresses, rewritten for this one. */
import { describe, expect, it } from 'vitest';
import { Dialog } from '../../../src/modules/topos/dialog.ts';
import { refreshAddress } from '../../../src/modules/topos/node-address.ts';
import type { Listener } from '../../../src/transport/flow.ts';

function listener(transport: Listener['transport'], host: string, port: number, name?: string): Listener {
  const local = { address: host.replace(/[[\]]/g, ''), port };
  return { transport, local, advertised: undefined, sentBy: { host, port }, name };
}

const LAN = listener('udp', '10.0.2.1', 5060, 'lan');
const WAN = listener('udp', '192.0.2.2', 5080, 'wan');
const TLS = listener('tls', '[2001:db8::2]', 5061);
const TCP = listener('tcp', '10.0.2.1', 5060);

const sockets = {
  listeners: [LAN, WAN, TLS, TCP],
  isLocal: (host: string, port?: number | 'any') =>
    [LAN, WAN, TLS, TCP].some(({ local }) => local.address === host && (port === 'any' || local.port === port)),
};

const target = { contact: 'sip:alice@10.9.9.9', routes: [], connection: 0 };

function dialog(a: string, b: string, ownRoutes: readonly string[] = []): Dialog {
  const made = new Dialog({ id: 'id', callId: 'c', method: 'INVITE', aTag: 'a', a: target, ownRoutes });
  made.faces.a = { kind: 'masked', uri: a };
  made.faces.b = { kind: 'masked', uri: b };
  return made;
}

const moved = (uri: string, came = LAN): string => {
  const one = dialog(uri, 'sip:btpsh-1@10.0.2.1');
  refreshAddress(one, sockets, came);
  return one.faces.a?.kind === 'masked' ? one.faces.a.uri : '';
};

describe('an address of another node', () => {
  it.each([
    ['by the name of its socket', 'sip:k@10.0.1.1;sn=wan', LAN, 'sip:k@192.0.2.2:5080;sn=wan'],
    ['by its port and transport', 'sip:k@192.0.2.1:5080', LAN, 'sip:k@192.0.2.2:5080'],
    ['by its transport', 'sip:k@10.0.1.1;transport=tcp', WAN, 'sip:k@10.0.2.1;transport=tcp'],
    ['by where the message came', 'sip:k@10.0.1.1:5999', WAN, 'sip:k@192.0.2.2:5080'],
    ['by where the message came, over TLS', 'sip:k@10.0.1.1:5999', TLS, 'sip:k@[2001:db8::2]:5061;transport=tls'],
    ['when its name is none of ours', 'sip:k@10.0.1.1:5999;sn=dmz', WAN, 'sip:k@192.0.2.2:5080;sn=dmz'],
    ['with all else that is in it', 'sip:u@10.0.1.1;tps=atpsh-1;sn=lan', WAN, 'sip:u@10.0.2.1;tps=atpsh-1;sn=lan'],
    ['of IPv6', 'sips:k@[2001:db8::1]:5061', LAN, 'sips:k@[2001:db8::2]:5061;transport=tls'],
  ] as const)('becomes ours %s', (_, uri, came, expected) => {
    expect(moved(uri, came)).toBe(expected);
  });

  it.each([
    ['a name, which DNS moves', 'sip:k@sbc.example.com;sn=wan'],
    ['one that we took over', 'sip:k@192.0.2.2:5080'],
    ['ours', 'sip:k@10.0.2.1'],
    ['no URI', 'nonsense'],
  ])('is not %s', (_, uri) => {
    expect(moved(uri, WAN)).toBe(uri);
  });

  it('becomes ours in both own Routes, each with its socket', () => {
    const one = dialog('sip:x@10.0.2.1', 'sip:y@10.0.2.1', [
      '<sip:192.0.2.1:5080;r2=on;lr;ftag=a>',
      '<sip:10.0.1.1;r2=on;lr;ftag=a>',
      '<sip:sbc.example.com;lr>',
    ]);
    expect(refreshAddress(one, sockets, LAN)).toBe(true);
    expect(one.ownRoutes).toEqual([
      '<sip:192.0.2.2:5080;r2=on;lr;ftag=a>',
      '<sip:10.0.2.1;r2=on;lr;ftag=a>',
      '<sip:sbc.example.com;lr>',
    ]);
    expect(refreshAddress(one, sockets, WAN)).toBe(false);
  });

  it('is of no interest to a side that sees the real Contact, or has seen none', () => {
    const one = dialog('sip:x@10.0.2.1', 'sip:y@10.0.2.1');
    one.faces.a = { kind: 'real' };
    one.faces.b = undefined;
    expect(refreshAddress(one, sockets, LAN)).toBe(false);
    expect(one.faces).toEqual({ a: { kind: 'real' }, b: undefined });
  });
});
