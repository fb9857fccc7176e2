/** Pseudo-variables and transformations: what they read from a message, what writing them does, as a reply brings it back. */
import { loading } from '../beginnings.ts';
import type { Contest } from '../contest.ts';
import type { Stage } from '../stage.ts';

const prelude = `
${loading('corex', 'cfgutils', 'htable')}
modparam("htable", "htable", "a=>size=4;autoexpire=300;")
modparam("htable", "htable", "b=>size=4;initval=7;")
modparam("pv", "shvset", "shared=i:5")

reply_route {
  if ($(ci{s.select,0,.}) == $shv(replyscene)) {
    insert_hf("X-Reply: $rs|$rr|$rm|$mt|$si|$cs|$T_reply_code|$ru|$fU|$tU\\r\\n", "From");
  }
}
`;

/** A request with everything that the readers look at. */
async function rich(stage: Stage): Promise<void> {
  stage.request('MESSAGE', stage.own(), {
    from: '"Alice B." <sip:alice:secret@example.org:5070;transport=tcp;x=1>;tag=abc;y=2',
    to: 'Bob <sip:bob@example.net>',
    headers: [
      ['X-Multi', 'one'],
      ['x-multi', 'two, three'],
      ['X-Multi', 'four'],
      ['User-Agent', 'Tester/1.0 (x)'],
      ['Expires', '120'],
      ['Subject', 'Hello there'],
      ['P-Asserted-Identity', '<sip:pai@example.org>'],
      ['Remote-Party-ID', '<sip:rpid@example.org>'],
      ['Diversion', '<sip:div@example.org>;reason=unknown'],
      [
        'Authorization',
        'Digest username="alice@example.org", realm="example.org", nonce="1", uri="sip:example.org", response="2", algorithm=MD5',
      ],
    ],
    body: 'The body\r\nof two lines',
    contentType: 'text/plain',
  });
  await stage.hears('alice', 200);
}

/** To a Request-URI of our choice. */
const askFor =
  (uri: string) =>
  async (stage: Stage): Promise<void> => {
    stage.request('OPTIONS', uri.replace('SERVER', `127.0.0.1:${stage.server.port}`));
    await stage.hears('alice', 200);
  };

export const variables: Contest = {
  name: 'variables',
  prelude,
  scenes: [
    {
      title: 'read From and To',
      route: '',
      play: rich,
      show: ['$fu', '$fU', '$fd', '$fn', '$ft', '$tu', '$tU', '$td', '$tn', '[$tt]', '$(fu{uri.port})', '$from', '$to'],
    },
    {
      title: 'read the first line, the Call-ID, the CSeq and the source',
      route: '',
      play: rich,
      show: [
        '$rm',
        '$ru',
        '$rU',
        '$rd',
        '$rp',
        '$rP',
        '$rz',
        '$ci',
        '$cs',
        '$csb',
        '$si',
        '$sp',
        '$pr',
        '$proto',
        '$mt',
        '$Ri',
        '$Rp',
        '$su',
        '$sut',
      ],
    },
    {
      title: 'read other headers by their own names',
      route: '',
      play: rich,
      show: [
        '$ua',
        '$ct',
        '$cT',
        '$ai',
        '$re',
        '$di',
        '$dir',
        '$cl',
        '$au',
        '$ar',
        '$ad',
        '$adu',
        '$aU',
        '$aa',
        '$(rb{s.len})',
        '$expires(min)',
      ],
    },
    {
      title: 'read headers by name, by index, from the end, all, and count them',
      route: '',
      play: rich,
      show: [
        '$hdr(X-Multi)',
        '$(hdr(X-Multi)[0])',
        '$(hdr(X-Multi)[1])',
        '$(hdr(X-Multi)[-1])',
        '$(hdr(X-Multi)[5])',
        '$(hdr(x-multi)[*])',
        '$hdrc(X-Multi)',
        '$hdr(Subject)',
        '$hdr(s)',
        '[$hdr(None)]',
        '$hdrc(None)',
      ],
    },
    {
      title: 'read the parts of a Request-URI with everything',
      route: '',
      play: askFor('sip:bob:pw@SERVER;transport=udp;x=1'),
      show: [
        '$ru',
        '$rU',
        '$rd',
        '$rp',
        '$rP',
        '$rz',
        '$(ru{uri.passwd})',
        '$(ru{uri.params})',
        '$(ru{uri.param,x})',
        '$(ru{uri.transport})',
        '$ou',
        '$oU',
        '$od',
        '$op',
      ],
    },
    {
      title: 'read a Request-URI without a user',
      route: 'if ($rU == $null) $var(a) = 1; if (strempty($rU)) $var(b) = 1;',
      play: askFor('sip:SERVER'),
      show: ['[$rU]', '$var(a)', '$var(b)', '$ru'],
    },
    {
      title: 'read a destination that is not set, and one that is',
      route:
        '$var(a) = $_s([$du][$dd][$dp][$dP][$nh(u)]); $du = "sip:10.1.2.3:5080;transport=tcp"; if (isdsturiset()) $var(b) = 1; $var(c) = $_s($nh(u) $nh(d) $nh(p) $nh(P)); $var(log) = $_s($du $dd $dp $dP); $du = $null; if (!isdsturiset()) $var(d) = 1;',
      show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)', '$var(log)', '[$du]'],
    },
    {
      title: 'write the user, domain and port of the Request-URI',
      route:
        '$rU = "carol"; $rd = "example.com"; $var(a) = $ru; $rp = 5099; $var(b) = $ru; $rp = $null; $var(c) = $ru; $rU = $null; $var(d) = $ru;',
      show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)', '$ru', '$ou'],
    },
    {
      title: 'write the whole Request-URI',
      route:
        '$ru = "sip:new@example.com:5071;lr"; $var(a) = $rU + "|" + $rd + "|" + $rp; $ru = "tel:+4312345"; $var(b) = $ru;',
      show: ['$var(a)', '$var(b)', '$ru', '$ou'],
    },
    {
      title: 'rewrite the Request-URI with the functions of the core',
      route: `$var(log) = ""; rewriteuser("dan"); $var(log) = $ru; prefix("00"); $var(a) = $ru; strip(1); $var(b) = $ru; strip_tail(2); $var(c) = $ru; rewritehostport("h.example:5072"); $var(d) = $ru;`,
      play: askFor('sip:bob:pw@SERVER;x=1'),
      show: ['$var(log)', '$var(a)', '$var(b)', '$var(c)', '$var(d)'],
    },
    {
      title: 'rewrite the host, the port, user and password, and revert',
      route: `rewritehost("only.example"); $var(log) = $ru; rewriteport("5073"); $var(a) = $ru; rewriteuserpass("eve:word"); $var(b) = $ru; rewriteuri("sip:whole@example.com"); $var(c) = $ru; revert_uri(); $var(d) = $ru;`,
      play: askFor('sip:bob:pw@SERVER;transport=udp;x=1'),
      show: ['$var(log)', '$var(a)', '$var(b)', '$var(c)', '$var(d)'],
    },
    {
      title: 'strip more than there is',
      route: 'strip(99); $var(a) = $ru;',
      play: askFor('sip:bob@SERVER'),
      show: ['$var(a)', '[$rU]'],
    },
    {
      title: 'keep values of a hash table, count in it, delete from it',
      route: `$sht(a=>x) = "text"; $sht(a=>n) = 5; $var(a) = $shtinc(a=>n); $var(b) = $shtinc(a=>n); $var(c) = $shtdec(a=>n); $sht(a=>gone) = 1; $sht(a=>gone) = $null; $sht(a=>key$si) = $rm; $var(d) = $sht(a=>n) + 1;`,
      show: [
        '$var(a)',
        '$var(b)',
        '$var(c)',
        '$var(d)',
        '$sht(a=>x)',
        '[$sht(a=>gone)]',
        '$sht(a=>key127.0.0.1)',
        '$sht(b=>unset)',
        '[$sht(a=>none)]',
        '$(sht(a=>x){s.len})',
      ],
    },
    {
      title: 'share variables between messages',
      route: '$var(a) = $shv(shared); $shv(text) = "kept"; $shv(number) = 3; $var(b) = $shv(number) + 1;',
      show: ['$var(a)', '$var(b)', '$shv(text)'],
    },
    {
      title: 'read the process environment and constants of the core',
      route: '$var(b) = $env(NODIFFERENTIALENV);',
      show: ['[$env(NODIFFERENTIALENV)]', '$K(IPv4)', '$K(UDP)'],
    },
    {
      title: 'cut, find and measure text',
      route: '$var(s) = "abcdefghij"; $var(e) = "";',
      show: [
        '$(var(s){s.len})',
        '$(var(s){s.substr,2,3})',
        '$(var(s){s.substr,-3,2})',
        '$(var(s){s.substr,4,0})',
        '[$(var(s){s.substr,99,2})]',
        '$(var(s){s.strip,3})',
        '$(var(s){s.striptail,3})',
        '$(var(s){s.prefixes})',
        '$(var(e){s.len})',
        '[$(var(e){s.toupper})]',
        '[$(avp(none){s.len})]',
      ],
    },
    {
      title: 'select parts of text',
      route: '$var(s) = "a,bc,,def"; $var(t) = "one;two;three";',
      show: [
        '$(var(s){s.select,0,,})',
        '$(var(s){s.select,1,,})',
        '[$(var(s){s.select,2,,})]',
        '$(var(s){s.select,-1,,})',
        '[$(var(s){s.select,9,,})]',
        '$(var(t){s.select,1,;})',
        '$(var(t){s.select,-2,;})',
      ],
    },
    {
      title: 'change the case, trim, replace and remove',
      route: '$var(s) = "  Hello World  ";',
      show: [
        '[$(var(s){s.toupper})]',
        '[$(var(s){s.tolower})]',
        '[$(var(s){s.trim})]',
        '[$(var(s){s.ltrim})]',
        '[$(var(s){s.rtrim})]',
        '[$(var(s){s.rm,o})]',
        '[$(var(s){s.replace,World,You})]',
        '[$(var(s){s.trim}{s.toupper}{s.substr,0,5})]',
      ],
    },
    {
      title: 'hash and encode',
      route: '$var(s) = "alice:secret"; $var(u) = "a b&c=d/\'x";',
      show: [
        '$(var(s){s.md5})',
        '$(var(s){s.sha256})',
        '$(var(s){s.encode.hexa})',
        '$(var(s){s.encode.base64})',
        '$(var(s){s.encode.base64}{s.decode.base64})',
        '$(var(s){s.encode.hexa}{s.decode.hexa})',
        '$(var(u){s.escape.param})',
        '$(var(u){s.escape.user})',
        '$(var(u){s.escape.common})',
      ],
    },
    {
      title: 'read numbers from text',
      route: '$var(s) = "42"; $var(t) = "x42"; $var(a) = $(var(s){s.int}) + 1; $var(b) = $(var(t){s.int}) + 1;',
      show: ['$var(a)', '$var(b)', '$(var(s){s.int})', '$(var(t){s.numeric})'],
    },
    {
      title: 'take URIs apart',
      route: '$var(u) = "sips:bob:pw@example.com:5071;transport=tls;lr;maddr=10.0.0.1;x=y?Subject=hi&a=b";',
      show: [
        '$(var(u){uri.user})',
        '$(var(u){uri.host})',
        '$(var(u){uri.port})',
        '$(var(u){uri.passwd})',
        '$(var(u){uri.params})',
        '$(var(u){uri.param,x})',
        '[$(var(u){uri.param,lr})]',
        '[$(var(u){uri.param,none})]',
        '$(var(u){uri.headers})',
        '$(var(u){uri.transport})',
        '$(var(u){uri.maddr})',
        '$(var(u){uri.scheme})',
      ],
    },
    {
      title: 'take URIs without user and port apart',
      route: '$var(u) = "sip:example.com"; $var(t) = "tel:+43123;phone-context=x"; $var(i) = "sip:a@[::1]:5090";',
      show: [
        '[$(var(u){uri.user})]',
        '$(var(u){uri.host})',
        '[$(var(t){uri.user})]',
        '[$(var(i){uri.host})]',
        '[$(var(i){uri.port})]',
      ],
    },
    {
      title: 'take parameter lists apart',
      route: '$var(p) = "a=1;b=two;c;d=\\"x;y\\"";',
      show: [
        '$(var(p){param.value,a})',
        '$(var(p){param.value,b})',
        '[$(var(p){param.value,c})]',
        '$(var(p){param.value,d})',
        '[$(var(p){param.value,none})]',
        '$(var(p){param.count})',
        '$(var(p){param.name,1})',
        '$(var(p){param.valueat,1})',
        '$(var(p){param.in,c})',
        '$(var(p){param.in,e})',
      ],
    },
    {
      title: 'take name-addr values apart',
      route: '$var(n) = "\\"Bob B.\\" <sip:bob@example.com;x=1>;tag=77;q=0.5";',
      show: [
        '$(var(n){nameaddr.uri})',
        '[$(var(n){nameaddr.name})]',
        '$(var(n){nameaddr.len})',
        '$(var(n){tobody.uri})',
        '$(var(n){tobody.user})',
        '$(var(n){tobody.host})',
        '$(var(n){tobody.tag})',
        '$(var(n){tobody.display})',
        '$(var(n){tobody.params})',
      ],
    },
    {
      title: 'substitute with regular expressions',
      route: '$var(s) = "sip:+4312345@example.com";',
      show: [
        '$(var(s){re.subst,/^sip:([^@]+)@.*$$/\\1/})',
        '$(var(s){re.subst,/4/X/})',
        '$(var(s){re.subst,/4/X/g})',
        '$(var(s){re.subst,/EXAMPLE/Y/i})',
        '$(var(s){re.subst,/nothing/Y/})',
      ],
    },
    {
      title: 'chain transformations with variables as parameters',
      route: '$var(s) = "abcdefgh"; $var(n) = 2; $var(m) = 3;',
      show: [
        '$(var(s){s.substr,$var(n),$var(m)})',
        '$(var(s){s.substr,$var(n),0}{s.toupper}{s.len})',
        '$(fu{uri.user}{s.toupper})',
        '$(hdr(From){nameaddr.uri}{uri.host})',
      ],
    },
    {
      title: 'take lines apart',
      route: '$var(s) = "first\\nsecond line\\nthird";',
      show: [
        '$(var(s){line.count})',
        '$(var(s){line.at,0})',
        '$(var(s){line.at,1})',
        '$(var(s){line.at,-1})',
        '[$(var(s){line.at,9})]',
        '$(var(s){line.sw,sec})',
      ],
    },
    {
      title: 'unquote and unbracket',
      route: '$var(s) = "\\"quoted\\""; $var(t) = "<sip:x@y>"; $var(l) = "a b c";',
      show: ['$(var(s){s.unquote})', '$(var(t){s.unbracket})', '$(var(s){s.rmws})'],
    },
    {
      title: 'assign transformed values and compare them',
      route:
        '$var(a) = $(ru{uri.user}{s.len}); $var(b) = $(fu{uri.host}) == "example.org"; if ($(hdr(Via){s.len}) > 20) $var(c) = 1; if ($(ru{uri.user}) =~ "^serv") $var(d) = 1;',
      show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)'],
    },
    {
      title: 'read a reply in the route of replies',
      route: '$shv(replyscene) = "THIS"; t_on_reply("THIS"); t_relay(); exit;',
      blocks:
        'onreply_route[THIS] { insert_hf("X-Tm: $rs|$rr|$T_reply_code|$T_branch_idx|$rm|$avp(kept)\\r\\n", "From"); }',
      play: async (stage) => {
        stage.bob.on('*', (request, ua) => ua.reply(request, 202, { reason: 'Taken' }));
        stage.request('MESSAGE');
        await stage.hears('alice', 202);
      },
    },
    {
      title: 'take the port of a URI without one apart',
      route: '$var(u) = "sip:example.com"; $var(v) = "sip:a@example.com;lr";',
      show: ['[$(var(u){uri.port})]', '[$(var(v){uri.port})]'],
    },
    {
      title: 'call a SIP URI with user=phone a tel URI',
      route: '$ru = "sip:+4312345@example.org;user=phone"; $var(a) = $rz; $ru = "sips:a@example.org"; $var(b) = $rz;',
      show: ['$var(a)', '$var(b)'],
    },
    {
      title: 'are asked what they are',
      route:
        '$var(s) = "12"; $var(i) = 5; $var(log) = ""; if (is_int("$var(i)")) $var(log) = $var(log) + "i"; if (is_int("$var(s)")) $var(log) = $var(log) + "s"; if (not_empty("$var(s)")) $var(log) = $var(log) + "n"; if (typeof("$var(i)", "int")) $var(log) = $var(log) + "t"; if (typeof("$avp(none)", "null")) $var(log) = $var(log) + "0"; if (pv_isset("$avp(none)")) $var(log) = $var(log) + "a"; $avp(q) = "1"; pv_unset("$avp(q)"); pv_printf("$var(a)", "<$var(s)>"); avp_printf("$avp(b)", "<$var(i)>");',
      show: ['$var(log)', '[$avp(q)]', '$var(a)', '$avp(b)'],
    },
    {
      title: 'of the kinds xavu and xavi are records too',
      route:
        '$xavu(a=>b) = "1"; $xavu(a=>c) = "2"; $xavu(a=>b) = "3"; $xavi(Aa=>Bb) = "4"; xavi_child_seti("AA", "CC", "10"); xavu_params_explode("k=1;l=2", "y"); xavp_params_explode("m=1", "x"); $xavp(x[0]=>n) = "2"; xavp_params_implode("x", "$var(a)"); xavp_copy("x", "0", "z"); $var(i) = 5; pv_var_to_xavp("i", "ok");',
      show: [
        '$xavu(a=>b)',
        '$xavu(a=>c)',
        '[$xavu(none)]',
        '$xavi(aA=>bB)',
        '$xavi(aa=>cc)',
        '$xavu(y=>l)',
        '$var(a)',
        '$xavp(z=>m)',
        '$xavp(ok=>i)',
      ],
    },
    {
      title: 'describe a branch that is added',
      route:
        'sbranch_reset(); $sbranch(uri) = "sip:b@1.1.1.1"; $sbranch(dst_uri) = "sip:2.2.2.2"; $sbranch(q) = 500; $var(a) = sbranch_append(); $var(b) = $branch(uri); $var(c) = $branch(dst_uri); sbranch_set_ruri();',
      show: ['$var(a)', '$var(b)', '$var(c)', '$ru', '$du'],
    },
    {
      title: 'are selects',
      route:
        '$var(a) = @from.uri.user; $var(b) = @via[1].branch; $var(c) = @hf_value.x_multi[2]; $var(d) = @cseq.method;',
      show: [
        '$var(a)',
        '$var(c)',
        '$var(d)',
        '$sel(from.uri.hostport)',
        '$sel(from.tag)',
        '$sel(from.name)',
        '$sel(from.uri.pwd)',
        '$sel(ruri.user)',
        '[$sel(ruri.params)]',
        '$sel(call_id)',
        '$sel(msg.type)',
        '$sel(via.transport)',
        '$sel(hf_value.x_multi)',
        '$sel(hf_value.x_multi[-1])',
        '$sel(hf_value.diversion[1].p.reason)',
        '$sel(hf_value2.x_multi[2])',
        '$sel(hf_value_exists.x_multi.two)',
        '$sel(authorization["example.org"].username)',
        '[$sel(contact.uri)]',
        '$sel(content_type)',
        '$(sel(msg.body){s.len})',
        '[$sel(dst_uri)]',
        '$sel(next_hop.host)',
        '$sel(src.ip)',
        '$sel(received.proto)',
      ],
      play: rich,
    },
  ],
};
