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

/** A MESSAGE whose body has two parts. */
async function withParts(stage: Stage): Promise<void> {
  stage.bob.on('*', (request, ua) => ua.reply(request, 200));
  const body = '--xx\r\nContent-Type: text/a\r\n\r\nfirst\r\n--xx\r\nContent-Type: text/b\r\n\r\nsecond\r\n--xx--\r\n';
  stage.request('MESSAGE', 'bob', { body, contentType: 'multipart/mixed;boundary="xx"' });
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
  {
    title: 'headers are removed by pattern',
    route:
      '$var(a) = remove_hf_re("^X-(car|da)"); $var(b) = remove_hf_re("^X-N"); append_hf("X-Codes: $var(a) $var(b)\\r\\n"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'text is substituted in headers and in the body',
    route: 'subst("/X-dave: sip:dave/X-dave: sip:dan/"); subst_body("/one/three/g"); route(RELAY);',
    play: withText,
  },
  { title: 'the body is set', route: 'set_body("new body", "text/x-new"); route(RELAY);', play: withText },
  { title: 'the body is replaced', route: 'replace_body("one", "fresh"); route(RELAY);', play: withText },
  { title: 'the body is removed', route: 'remove_body(); route(RELAY);', play: withText },
  {
    title: 'the user of the Request-URI is substituted',
    route:
      'subst_uri("/^sip:bob(.*)$/sip:99bob\\1/"); $var(a) = $ru; subst_user("/^99/00/"); append_hf("X-Was: $var(a)\\r\\n"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'edits of a request are not in its reply',
    route: 'append_hf("X-Request: 1\\r\\n"); remove_hf("From"); sl_send_reply("200", "OK"); exit;',
  },
  {
    title: 'is_myself takes an address without a port for any port',
    route: '$var(a) = is_myself("sip:127.0.0.1"); $var(b) = is_myself("sip:bob@127.0.0.1");',
    show: ['$var(a)', '$var(b)'],
  },
  {
    title: 'starts_with has a code for each case',
    route:
      '$var(a) = starts_with("$rU", "ser"); $var(b) = starts_with("$rU", "xyz"); $var(c) = starts_with("ab", "abcdef");',
    show: ['$var(a)', '$var(b)', '$var(c)'],
  },
  {
    title: 'several headers are appended to a reply at once',
    route: 'append_to_reply("X-A: 1\\r\\nX-B: 2\\r\\n"); sl_send_reply("200", "OK"); exit;',
  },
  {
    title: 'headers are appended behind one of several of a name',
    route:
      'append_hf("X-New: 1\\r\\n", "X-Twice"); insert_hf("X-Old: 1\\r\\n", "X-Twice"); append_hf("X-A: 1\\r\\nX-B: 2\\r\\n"); insert_hf("X-C: 1\\r\\nX-D: 2\\r\\n"); append_hf("X-E: 1\\r\\nX-F: 2\\r\\n", "X-Twice"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE', 'bob', {
        headers: [
          ['X-Twice', '1'],
          ['X-Other', '1'],
          ['X-Twice', '2'],
        ],
      });
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'headers are removed by expressions, index and value',
    route:
      'if (is_present_hf_re("^X-D")) $var(a) = 1; $var(b) = remove_hf_exp("^X-", "^X-[bc]"); $var(c) = remove_hf_idx("X-Twice", "0"); $var(d) = remove_hf_exp("^Nothing", "a"); append_hf("X-Codes: $var(a) $var(b) $var(c) $var(d)\\r\\n"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'one header is searched and substituted',
    route:
      '$var(a) = search_hf("X-dave", "sip:DAVE@", "a"); $var(b) = search_hf("X-dave", "^dave", "f"); $var(c) = subst_hf("X-dave", "/dave@/$fU-\\\\0/", "f"); $var(d) = subst_hf("X-carol", "/nothing/x/", "a"); append_hf("X-Codes: $var(a) $var(b) $var(c) $var(d)\\r\\n"); route(RELAY);',
    play: answered('MESSAGE'),
  },
  {
    title: 'text is replaced in headers and bodies, the first or all',
    route:
      '$var(a) = replace("X-dave: sip:dave", "X-dave: sip:dan"); $var(b) = replace_body_all("ONE", "fresh"); $var(c) = replace_hdrs("X-carol: sip:c", "X-carol: sip:k"); append_hf("X-Codes: $var(a) $var(b) $var(c)\\r\\n"); route(RELAY);',
    play: withText,
  },
  {
    title: 'text is replaced by comparison',
    route:
      '$var(a) = replace_body_str("one", "three", "f"); $var(b) = replace_hdrs_str("X-dave: ", "X-Dan: ", "a"); $var(c) = replace_str("nowhere", "x", "a"); append_hf("X-Codes: $var(a) $var(b) $var(c)\\r\\n"); route(RELAY);',
    play: withText,
  },
  {
    title: 'replace_body_atonce takes a body for one line',
    route:
      'if ($hdr(X-Do) == "lines") replace_body_all("^l.*", "x"); else replace_body_atonce("^l.*", "x"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      for (const how of ['lines', 'once']) {
        stage.request('MESSAGE', 'bob', { body: 'l1\nl2\nl3', contentType: 'text/plain', headers: [['X-Do', how]] });
        await stage.hears('bob', 'MESSAGE', how === 'lines' ? 1 : 2);
      }
      await stage.hears('alice', 200, 2);
    },
  },
  {
    title: 'text is added behind what is found',
    route: 'search_append_body("two", "!"); search_append("X-dave: sip:dave", "y"); route(RELAY);',
    play: withText,
  },
  {
    title: 'the Request-URI in a substitution, and matches of several lines',
    route: 'subst("/^X-dave:(.*)$/X-Was: \\\\u\\r/i"); subst_body("/o.*e/[\\\\0]/"); route(RELAY);',
    play: withText,
  },
  {
    title: 'texts are compared and found',
    route:
      '$var(a) = cmp_str("a", "b"); $var(b) = cmp_istr("Ab", "aB"); $var(c) = ends_with("sips", "s"); $var(d) = str_find("abc", "d");',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)'],
  },
  {
    title: 'lists hold elements and beginnings',
    route:
      '$var(a) = in_list("fi", "dk, fi ,no", ","); $var(b) = in_list("f", "dk,fi,no", ","); $var(c) = in_list_prefix("final", "dk,fi,no", ","); $var(d) = search_str("abc", "B");',
    show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)'],
  },
  {
    title: 'a group of an expression goes into a variable',
    route:
      '$var(c) = regex_substring("__ abc123def __", "([a-z]*)([0-9]+)([a-z]*)", 1, 3, "$var(a)"); $var(d) = regex_substring("__", "[a-z]+", 0, 1, "$var(b)");',
    show: ['$var(a)', '$var(c)', '$var(d)'],
  },
  {
    title: 'a reply gets a body',
    route: 'set_reply_body("said here", "text/x-said"); sl_send_reply("200", "OK"); exit;',
  },
  {
    title: 'audio on hold is seen in the body',
    route: '$var(a) = is_audio_on_hold(); append_hf("X-Hold: $var(a)\\r\\n"); route(RELAY);',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      const head =
        'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
      const bodies = [head, `${head}a=sendonly\r\n`, head.replace('IP4 192.0.2.1\r\nt', 'IP4 0.0.0.0\r\nt')];
      for (const [i, body] of bodies.entries()) {
        stage.request('MESSAGE', 'bob', { body, contentType: 'application/sdp' });
        await stage.hears('alice', 200, i + 1);
      }
    },
  },
  {
    title: 'is_privacy reads the Privacy header',
    route: '$var(a) = is_privacy("id"); $var(b) = is_privacy("user"); $var(c) = is_privacy("none");',
    show: ['$var(a)', '$var(b)', '$var(c)'],
    play: async (stage) => {
      stage.request('OPTIONS', stage.own(), { headers: [['Privacy', 'id;user']] });
      await stage.hears('alice', 200);
    },
  },
  {
    title: 'a body is put into a body of parts, and parts are added',
    route:
      '$var(a) = set_body_multipart("delim"); msg_apply_changes(); $var(b) = append_body_part("7e 0d", "text/x-second", "signal;handling=required"); msg_apply_changes(); append_body_part_hex("6b 61", "text/x-third"); append_hf("X-Codes: $var(a) $var(b)\\r\\n"); route(RELAY);',
    play: withText,
  },
  {
    title: 'parts of a body are read and removed',
    route:
      '$var(c) = get_body_part("text/b", "$var(a)"); $var(d) = get_body_part("text/none", "$var(b)"); remove_body_part("text/a"); append_hf("X-Part: $(var(a){s.encode.hexa}) $var(c) $var(d)\\r\\n"); route(RELAY);',
    play: withParts,
  },
  {
    title: 'a body of parts is reduced to one',
    route:
      '$var(a) = filter_body("text/b"); $var(b) = filter_body("text/none"); append_hf("X-Codes: $var(a) $var(b)\\r\\n"); route(RELAY);',
    play: withParts,
  },
  {
    title: 'texts and URIs are asked what they are',
    route:
      '$var(n)="+4312345"; $var(q)="ab"; $var(log) = ""; if (is_e164("$var(n)")) $var(log) = $var(log) + "1"; if (is_e164("$var(q)")) $var(log) = $var(log) + "2"; if (is_uri("$var(q)")) $var(log) = $var(log) + "3"; if (is_uri("$ru")) $var(log) = $var(log) + "4"; if (is_tel_number("43a")) $var(log) = $var(log) + "5"; if (is_tel_number("43")) $var(log) = $var(log) + "6"; if (is_numeric("12")) $var(log) = $var(log) + "7"; if (is_alphanum("a_1")) $var(log) = $var(log) + "8"; if (is_alphanumex("a_1", "_-")) $var(log) = $var(log) + "9"; if (cmp_aor("sip:a@b;x=1", "sip:a@B")) $var(log) = $var(log) + "a"; if (cmp_uri("sip:a@b", "sip:A@b")) $var(log) = $var(log) + "b"; if (cmp_hdr_name("f", "From")) $var(log) = $var(log) + "c"; $var(a) = is_gruu("sip:a@b;gr"); tel2sip("tel:+43-1;ext=5", "h.org", "$var(c)");',
    show: ['$var(log)', '$var(a)', '$var(c)'],
  },
  {
    title: 'parameters of the Request-URI are read and changed',
    route:
      '$ru = "sip:a@h;p1;p2=v"; $var(a) = get_uri_param("p2", "$var(b)"); if (uri_param_any("p1")) $var(log) = "any"; add_uri_param("k=w"); uri_param_rm("p2"); $var(c) = get_uri_param("zz", "$var(d)");',
    show: ['$var(a)', '$var(b)', '$var(log)', '$var(c)', '$ru'],
  },
  {
    title: 'an OPTIONS for the server itself is answered with what it can',
    route:
      'if ($hdr(X-Do) == "user") $ru = "sip:user@127.0.0.1"; if (!options_reply()) sl_send_reply("404", "Not for me"); exit;',
    play: async (stage) => {
      stage.request('OPTIONS', `sip:127.0.0.1:${stage.server.port}`);
      await stage.hears('alice', 200);
      stage.request('OPTIONS', `sip:127.0.0.1:${stage.server.port}`, { headers: [['X-Do', 'user']] });
      await stage.hears('alice', 404);
    },
  },
];
