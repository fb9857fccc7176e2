/** The INVITE of the measurements: two hops have passed it, with a body, 900 bytes or so. */
const LINES = [
  'INVITE sip:bob@biloxi.example.com;user=phone SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK4b43c2ff8.1;rport=5060;received=192.0.2.10',
  'Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bK776asdhds;rport=5066;received=198.51.100.7',
  'Record-Route: <sip:192.0.2.10;lr;ftag=1928301774>',
  'Max-Forwards: 69',
  'To: Bob <sip:bob@biloxi.example.com>',
  'From: "Alice" <sip:alice@atlanta.example.com>;tag=1928301774',
  'Call-ID: a84b4c76e66710@pc33.atlanta.example.com',
  'CSeq: 314159 INVITE',
  'Contact: <sip:alice@198.51.100.7:5066;transport=udp>',
  'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE',
  'Supported: replaces, timer',
  'User-Agent: softphone/4.2',
  'Content-Type: application/sdp',
];

const BODY = [
  'v=0',
  'o=alice 53655765 2353687637 IN IP4 198.51.100.7',
  's=-',
  'c=IN IP4 198.51.100.7',
  't=0 0',
  'm=audio 49170 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendrecv',
  '',
].join('\r\n');

export const inviteBytes = (): Buffer =>
  Buffer.from([...LINES, `Content-Length: ${BODY.length}`, '', BODY].join('\r\n'), 'latin1');
