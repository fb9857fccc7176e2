/** Headers and bodies that the script changes, and what it can ask about them. */
import type { Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';
import { answered } from './call-plays.ts';

/** A MESSAGE with a body. */
async function withText(stage: Stage): Promise<void> {
  stage.bob.on('*', (request, ua) => ua.reply(request, 200));
  stage.request('MESSAGE', 'bob', { body: 'one two one', contentType: 'text/plain' });
  await stage.hears('alice', 200);
}

export const edits: readonly Scene[] = [
  {
    title: 'headers are appended at the end, inserted at the beginning and around others',
    route:
      'append_hf("X-End: 1\\r\\n"); append_hf("X-After: 1\\r\\n", "Call-ID"); insert_hf("X-Begin: 1\\r\\n"); insert_hf("X-Before: 1\\r\\n", "CSeq"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'headers are removed by name, and the return code tells',
    route:
      '$var(a) = remove_hf("X-bob"); $var(b) = remove_hf("X-None"); append_hf("X-Codes: $var(a) $var(b)\\r\\n"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'text is searched in headers and in the body',
    route:
      '$var(a) = search("X-carol"); $var(b) = search("nowhere to be found"); $var(c) = search_body("two"); $var(d) = search_body("X-carol"); append_hf("X-Codes: $var(a) $var(b) $var(c) $var(d)\\r\\n"); route(RELAY);',
    play: withText,
  },
  {
    title: 'questions about headers and bodies',
    route:
      '$var(a) = is_present_hf("X-bob"); $var(b) = is_present_hf("X-None"); $var(c) = has_body(); $var(d) = has_body("application/sdp"); if (is_present_hf("Call-ID")) $var(log) = "call-id"; $var(x) = starts_with("$rU", "ser");',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)', '$var(log)', '$var(x)'],
  },
  {
    title: 'msg_apply_changes makes edits visible',
    route:
      'append_hf("X-New: yes\\r\\n"); remove_hf("X-bob"); msg_apply_changes(); $var(a) = $hdr(X-New); if ($hdr(X-bob) == $null) $var(b) = 1; append_hf("X-Result: $var(a) $var(b)\\r\\n"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'From and To are written',
    route: '$fu = "sip:anonymous@anonymous.invalid"; $fn = "\\"Anonymous\\""; $tU = "callee"; route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'is_method takes a list, is_request and is_reply tell',
    route:
      '$var(a) = is_method("INVITE|OPTIONS|BYE"); $var(b) = is_method("INVITE"); $var(c) = is_request(); $var(d) = is_reply(); $var(x) = has_totag(); $var(y) = is_first_hop();',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)', '$var(x)'],
  },
  {
    title: 'is_myself answers',
    route:
      '$var(a) = is_myself("$ru"); $var(b) = is_myself("sip:bob@example.org"); $var(c) = is_myself("sip:127.0.0.1:5060");',
    show: ['$var(a)', '$var(b)', '$var(c)'],
  },
];
