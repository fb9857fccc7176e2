/** Pseudo-variables, transformations and core functions that few scripts use, as a reply brings their values back. */
import { loading } from '../beginnings.ts';
import type { Contest } from '../contest.ts';
import type { Stage } from '../stage.ts';

const prelude = `
${loading('rr', 'corex', 'cfgutils', 'xlog')}

limits.most = 5 desc "Most"
limits.word = "base" desc "A word"
limits[1].most = 7
limits[2].word = "two"
`;

/** What digest credentials and a diverted call say. */
async function rich(stage: Stage): Promise<void> {
  stage.request('MESSAGE', stage.own(), {
    from: '"Alice B." <sip:alice@example.org:5070>;tag=abc',
    headers: [
      ['Diversion', '<sip:div@example.org>;reason=unknown;counter=3'],
      [
        'Authorization',
        'Digest username="alice@example.org", realm="example.org", nonce="n1", uri="sip:example.org", response="r2", cnonce="c3", opaque="o4", algorithm=MD5',
      ],
    ],
  });
  await stage.hears('alice', 200);
}

export const lesserVariables: Contest = {
  name: 'lesser variables',
  prelude,
  scenes: [
    {
      title: 'read all of the credentials',
      route: '',
      play: rich,
      show: ['$adn', '$adc', '$adr', '$ado', '$AU', '$Au', '$dic'],
    },
    {
      title: 'have names with a dot',
      route: '$var(a) = $(ruri.user); $var(b) = $(from.domain); $var(c) = $(to.user);',
      play: rich,
      show: ['$var(a)', '$var(b)', '$var(c)', '$(from.user)', '$(ruri.domain{s.len})', '$from.user', '[$(err.class)]'],
    },
    {
      title: 'know single flags',
      route: 'setflag(3); setbflag(2); setsflag(5);',
      show: ['$Mf(3)$Mf(2)', '$Bf(2)$Bf(3)', '$Sf(5)$Sf(1)'],
    },
    {
      title: 'count the values of a stack',
      route: '$avp(x) = "a"; $avp(x) = "b"; $xavp(q=>a) = 1; $xavp(q=>a) = 2; $xavp(q[0]=>b) = 3;',
      show: ['$cnt($avp(x))', '$cnt($xavp(q))', '$cnt($avp(none))', '$(cnt($avp(x)){s.len})'],
    },
    {
      title: 'name the message, its method and its socket by numbers and words',
      route: '',
      show: [
        '$mts',
        '$rmid',
        '$rsi',
        '$prid',
        '$siz',
        '$src_ip',
        '$sid',
        '$(Ras{s.select,0,:})',
        '$fsp',
        '[$ds]',
        '$(ouri{uri.user})',
      ],
    },
    {
      title: 'tell the additional branches as one header',
      route: 'append_branch("sip:x@y", "0.5"); append_branch("sip:z@y");',
      show: ['$ds', '$bR'],
    },
    {
      title: 'tell the version of the language and the direction of a request',
      route: '',
      show: ['$ksr(ver)', '$ksr(verval)', '$rdir(id)', '$rdir(name)', '[$rpl(duri)]', '[$ruid]', '[$location_ua]'],
    },
    {
      title: 'know the route they are read in',
      route: 'route(INNER_THIS); $var(a) = $cfg(route);',
      blocks: 'route[INNER_THIS] { $var(b) = $cfg(route); $var(c) = $cfg(line);\n $var(d) = $cfg(line) - $var(c); }',
      show: ['$var(a)', '$var(b)', '$var(d)'],
    },
    {
      title: 'are cut where a text begins',
      route: '$var(v) = "abc@def@g";',
      show: ['$(var(v){s.stripto,@})', '[$(var(v){s.stripto,x})]', '$(var(v){s.stripto,@d})', '$(fu{uri.domain})'],
    },
    {
      title: 'read an instance of a group of parameters when it is selected',
      route: `$var(a) = $sel(cfg_get.limits.most);
        if (cfg_select("limits", 1)) $var(b) = $sel(cfg_get.limits.most) + "," + $sel(cfg_get.limits.word);
        cfg_select("limits", 2); $var(c) = $sel(cfg_get.limits.most) + "," + $sel(cfg_get.limits.word);
        if (!cfg_select("limits", 9)) $var(log) = "none,";
        cfg_reset("limits"); $var(d) = $sel(cfg_get.limits.word);`,
      show: ['$var(a)', '$var(b)', '$var(c)', '$var(d)', '$var(log)'],
    },
    {
      title: 'are not touched by error()',
      route:
        'error("a", "b"); $var(a) = 1; if (check_route_exists("THIS")) $var(b) = 2; if (!check_route_exists("NONE")) $var(c) = 3;',
      show: ['$var(a)', '$var(b)', '$var(c)'],
    },
  ],
};
