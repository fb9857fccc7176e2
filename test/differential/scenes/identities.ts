/** Who calls and who is called, shown differently to each side: replaced From and To, requests of the proxy itself. */
import type { Contest, Scene } from '../contest.ts';
import type { Stage } from '../stage.ts';

const prelude = `
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "uac.so"
modparam("rr", "append_fromtag", 1)
modparam("uac", "auth_username_avp", "$avp(user)")
modparam("uac", "auth_password_avp", "$avp(password)")
modparam("uac", "auth_realm_avp", "$avp(realm)")

route[CALLS] {
  if (is_method("CANCEL")) {
    if (t_check_trans()) { t_relay(); }
    exit;
  }
  if (!has_totag()) { record_route(); return; }
  if (loose_route() < 0) {
    if (is_method("ACK")) { t_check_trans(); exit; }
    sl_send_reply("404", "Not here");
    exit;
  }
  t_relay();
  exit;
}
`;

/** A call with a request from each side; alice ends it unless told that bob does. */
const call =
  (by: 'alice' | 'bob' = 'alice') =>
  async (stage: Stage): Promise<void> => {
    stage.alice.on('*', (request, ua) => ua.reply(request, 200));
    stage.bob.acceptCalls([180, 200]);
    stage.invite('bob', { to: '<sip:bob@example.org>' });
    await stage.hears('alice', '200 INVITE');
    stage.alice.ack2xx();
    await stage.hears('bob', 'ACK');
    const other = by === 'alice' ? 'bob' : 'alice';
    stage.peer(other).inDialog('INFO');
    await stage.hears(other, '200 INFO');
    stage.peer(by).bye();
    await stage.hears(by, '200 BYE');
  };

const replaced = (title: string, edit: string, by: 'alice' | 'bob' = 'alice'): Scene => ({
  title,
  route: `route(CALLS); ${edit} t_relay(); exit;`,
  play: call(by),
});

const restored: readonly Scene[] = [
  replaced('a longer From', 'uac_replace_from("sip:anonymous@anonymous.invalid");'),
  replaced('a shorter From, and the callee ends the call', 'uac_replace_from("sip:x@y");', 'bob'),
  replaced('a display name and a From', 'uac_replace_from("\\"New\\"", "sip:alicia@example.org");'),
  replaced('a display name alone', 'uac_replace_from("\\"New\\"", "");', 'bob'),
  replaced('a display name without quotes', 'uac_replace_from("New Name", "sip:x@y;p=1");'),
  replaced('another To', 'uac_replace_to("sip:robert@example.com");'),
  replaced('another To, and the callee ends the call', 'uac_replace_to("\\"Rob\\"", "sip:robert@example.com");', 'bob'),
  replaced(
    'another From and another To',
    'uac_replace_from("sip:x@y"); uac_replace_to("\\"Rob\\"", "sip:robert@example.com");',
    'bob',
  ),
  replaced('a From out of variables', '$var(u) = "sip:" + $rU + "@example.net"; uac_replace_from("", "$var(u)");'),
  {
    title: 'a rejected call gets its own From back',
    route: 'route(CALLS); uac_replace_from("sip:x@y"); t_relay(); exit;',
    play: async (stage) => {
      stage.bob.acceptCalls([486]);
      const invite = stage.invite();
      await stage.hears('alice', '486 INVITE');
      const response = stage.alice.receivedStatus(486, 'INVITE')[0];
      if (response !== undefined) stage.alice.ackNegative(invite, response);
      await stage.hears('bob', 'ACK');
    },
  },
  {
    title: 'restoring by hand is for another mode, and says whether there was something to restore',
    route: 'route(CALLS); $var(a) = uac_restore_from(); append_hf("X-Code: $var(a)\\r\\n"); t_relay(); exit;',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => ua.reply(request, 200));
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
];

const answering: readonly Scene[] = [
  {
    title: 'a challenge without credentials of ours goes back',
    route:
      'route(CALLS); t_on_failure("UAC_NONE"); t_relay(); exit; } failure_route[UAC_NONE] { $var(a) = uac_auth(); if ($var(a) < 0) { append_to_reply("X-Code: $var(a)\\r\\n"); t_reply("480", "No credentials"); }',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) =>
        ua.reply(request, 401, { headers: [['WWW-Authenticate', 'Digest realm="gw", nonce="n1"']] }),
      );
      stage.request('MESSAGE');
      await stage.hears('alice', 480);
    },
  },
  {
    title: 'a challenge is answered with the secret of the script',
    route:
      'route(CALLS); $avp(user) = "me"; $avp(password) = "pw"; $avp(realm) = "gw"; t_on_failure("UAC_PW"); t_relay(); exit; } failure_route[UAC_PW] { if (uac_auth()) t_relay();',
    play: async (stage) => {
      stage.bob.on('*', (request, ua) => {
        if (request.headers.has('Authorization')) ua.reply(request, 200);
        else ua.reply(request, 401, { headers: [['WWW-Authenticate', 'Digest realm="gw", nonce="n1"']] });
      });
      stage.request('MESSAGE');
      await stage.hears('alice', 200);
    },
  },
];

export const identities: Contest = { name: 'identities', prelude, scenes: [...restored, ...answering] };
