/** The language: expressions, conversions, return codes, switch, while, leaving routes, as the values that a reply brings back. */
import type { Contest } from '../contest.ts';

const prelude = `
#!define NUMBER 40 + 2
#!define WORD "defined"
#!define CONDITION $var(a) == 5
#!substdef "!ADDRESS!10.9.8.7!g"
#!trydef WORD "again"
#!ifdef WORD
#!define BRANCH "taken"
#!else
this is no script at all { (
#!endif
#!ifndef WORD
nor is this
#!else
#!define OTHER "else taken"
#!endif
loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "kex.so"
loadmodule "xlog.so"

limits.number = 7 desc "A number"
limits.text = "seven" desc "A text"

route[MINUS] { return -2; }
route[PLUS] { return 3; }
route[NONE] { $var(d) = 9; }
route[LASTFALSE] { is_method("NOSUCH"); }
route[LASTTRUE] { is_method("OPTIONS"); }
route[BREAKS] { $var(log) = $var(log) + "in,"; if (1) { break; } $var(log) = $var(log) + "never,"; }
route[LEAVES] { sl_send_reply("200", "Left inside"); exit; }
route[DROPS] { sl_send_reply("200", "Dropped inside"); drop; }
route[ZERO] { sl_send_reply("200", "Zero inside"); return 0; }
route[DEEP] { $var(a) = $var(a) + 1; if ($var(a) < 20) { route(DEEP); } return; }
route[A1] { $var(log) = $var(log) + "A1,"; }
route[5] { $var(log) = $var(log) + "five,"; }
route["quoted name"] { $var(log) = $var(log) + "quoted,"; }
`;

const values = ['$var(a)', '$var(b)', '$var(c)', '$var(d)', '$var(log)'];

export const language: Contest = {
  name: 'language',
  prelude,
  scenes: [
    {
      title: 'adds by the type of the left operand',
      route:
        '$var(x) = 1; $var(s) = "2"; $var(a) = $var(x) + $var(s); $var(b) = $var(s) + $var(x); $var(c) = "a" + 1 + 2; $var(d) = 3 + 4;',
      show: values,
    },
    {
      title: 'reads text as a number the way atoi does',
      route:
        '$var(s) = "12ab"; $var(a) = 0 + $var(s); $var(s) = "abc"; $var(b) = 0 + $var(s); $var(s) = ""; $var(c) = 5 + $var(s); $var(s) = "0x10"; $var(d) = 0 + $var(s);',
      show: values,
    },
    {
      title: 'knows decimal, octal, binary and hexadecimal numbers and the words of truth',
      route: '$var(a) = 010; $var(b) = 101b; $var(c) = 0xff; $var(d) = yes; $var(log) = "" + off;',
      show: values,
    },
    {
      title: 'binds operators with its own precedence',
      route: '$var(a) = 1 << 2 + 1; $var(b) = 2 + 3 * 4 - 1; $var(c) = 6 & 3 == 3; $var(d) = 7 mod 4 * 2;',
      show: values,
    },
    {
      title: 'computes with bits',
      route: '$var(a) = 12 & 10; $var(b) = 12 | 3; $var(c) = 12 ^ 10; $var(d) = ~ 5; $var(log) = "" + (256 >> 4);',
      show: values,
    },
    {
      title: 'divides towards zero and keeps the old value when it divides by zero',
      route:
        '$var(z) = 0; $var(a) = 7 / 2; $var(b) = -7 / 2; $var(c) = 5; $var(c) = 7 / $var(z); $var(d) = 6; $var(d) = 7 mod $var(z);',
      show: values,
    },
    {
      title: 'compares texts byte by byte and numbers by value',
      route: `$var(x) = "Bob";
        if ($var(x) == "Bob") $var(log) = $var(log) + "same,";
        if ($var(x) == "bob") $var(log) = $var(log) + "folded,";
        if ($var(x) != "bob") $var(log) = $var(log) + "different,";
        $var(y) = 10;
        if ($var(y) == 10) $var(log) = $var(log) + "ten,";
        if ($var(y) == "10") $var(log) = $var(log) + "text ten,";
        if ("010" == $var(y)) $var(log) = $var(log) + "octal,";`,
      show: ['$var(log)'],
    },
    {
      title: 'orders as numbers only',
      route: `$var(x) = "b"; $var(y) = "a";
        if ($var(x) > $var(y)) $var(log) = $var(log) + "greater,";
        if ($var(x) >= $var(y)) $var(log) = $var(log) + "not less,";
        $var(x) = "9"; $var(y) = "10";
        if ($var(x) < $var(y)) $var(log) = $var(log) + "nine,";
        if (-1 < 0) $var(log) = $var(log) + "minus,";`,
      show: ['$var(log)'],
    },
    {
      title: 'matches regular expressions without case',
      route: `$var(x) = "Alice-42";
        if ($var(x) =~ "^alice") $var(log) = $var(log) + "case,";
        if ($var(x) =~ "[0-9]{2}$") $var(log) = $var(log) + "interval,";
        if ($var(x) =~ "^(bob|alice)-") $var(log) = $var(log) + "alternation,";
        if ($var(x) =~ "\\\\.") $var(log) = $var(log) + "dot,";
        if ($var(x) =~ "e.4") $var(log) = $var(log) + "any,";
        if ($var(x) =~ "[[:digit:]]+") $var(log) = $var(log) + "class,";
        if (!($var(x) =~ "zzz")) $var(log) = $var(log) + "no,";`,
      show: ['$var(log)'],
    },
    {
      title: 'takes the pattern of a match from a variable',
      route: `$var(p) = "^sip:(bob|service)@"; if ($ru =~ $var(p)) $var(a) = 1; $var(p) = "^tel:"; if ($ru =~ $var(p)) $var(b) = 1;`,
      show: values,
    },
    {
      title: 'takes minus one for false in if and for true beside and, or, not',
      route: `$var(x) = -1;
        if ($var(x)) $var(log) = $var(log) + "if,";
        if ($var(x) && $var(x)) $var(log) = $var(log) + "and,";
        $var(z) = 0; if ($var(z) || $var(x)) $var(log) = $var(log) + "or,";
        if (!$var(x)) $var(log) = $var(log) + "not,";
        if (!(!$var(x))) $var(log) = $var(log) + "not not,";`,
      show: ['$var(log)'],
    },
    {
      title: 'does not evaluate what and and or can skip',
      route: `if (0 && route(A1)) $var(a) = 1; if (1 || route(A1)) $var(b) = 1; if (1 && route(A1)) $var(c) = 1;`,
      show: values,
    },
    {
      title: 'tells null, empty text and absent values apart',
      route: `if ($hdr(X-None) == $null) $var(log) = $var(log) + "null,";
        if ($hdr(X-None) != $null) $var(log) = $var(log) + "not null,";
        if ($hdr(X-None) == "") $var(log) = $var(log) + "empty,";
        if (strempty($hdr(X-None))) $var(log) = $var(log) + "strempty,";
        if (defined $hdr(X-None)) $var(log) = $var(log) + "defined,";
        if (defined $hdr(From)) $var(log) = $var(log) + "from defined,";
        if (!$hdr(X-None)) $var(log) = $var(log) + "false,";
        $avp(none) = $null; if (not defined $avp(none)) $var(log) = $var(log) + "no avp,";
        if ($rU != $null) $var(log) = $var(log) + "user,";`,
      show: ['$var(log)', '$hdr(X-None)', '[$avp(none)]'],
    },
    {
      title: 'does not interpolate text in expressions, and does in parameters',
      route: '$var(a) = "x $rU"; $var(b) = $_s(x $rU); $var(c) = "$$";',
      show: [...values, '$rU and $$ and $rm'],
    },
    {
      title: 'reads the escapes of double and single quotes',
      route: `$var(a) = "tab[\\t]quote[\\"]back[\\\\]"; $var(b) = 'raw[\\t]'; $var(c) = "joined " "text"; $var(d) = "hex[\\x41]oct[\\101]";`,
      show: values,
    },
    {
      title: 'keeps the order of if, else if and else, and binds a dangling else inside',
      route: `$var(x) = 2;
        if ($var(x) == 1) { $var(a) = 1; } else if ($var(x) == 2) { $var(a) = 2; } else { $var(a) = 3; }
        if ($var(x) == 2) if ($var(x) == 3) $var(b) = 1; else $var(b) = 2;
        if is_method("OPTIONS") { $var(c) = 1; }
        if not is_method("OPTIONS") $var(d) = 1; else $var(d) = 2;`,
      show: values,
    },
    {
      title: 'gives the raw code of a route to an assignment and one or nothing to a condition',
      route: `$var(a) = route(MINUS); if (route(MINUS) == -2) $var(b) = 1; else $var(b) = 2;
        if (route(PLUS) == 1) $var(c) = 1; $var(d) = route(PLUS);`,
      show: [...values, '$rc'],
    },
    {
      title: 'sets the return code by routes and module functions, not by assignments',
      route: `route(MINUS); $var(a) = $rc; route(PLUS); $var(b) = $rc; $var(x) = 5; $var(c) = $retcode; is_method("NOSUCH"); $var(d) = $rc;`,
      show: [...values, '$rc'],
    },
    {
      title: 'gives a route without return the code of its last action',
      route: `route(NONE); $var(a) = $rc; route(LASTFALSE); $var(b) = $rc; route(LASTTRUE); $var(c) = $rc; if (route(LASTFALSE)) $var(d) = 1; else $var(d) = 2;`,
      show: values,
    },
    {
      title: 'leaves a route at break and goes on after the call',
      route: 'route(BREAKS); $var(log) = $var(log) + "after,";',
      show: values,
    },
    {
      title: 'ends everything at exit in a route that was called',
      route: 'route(LEAVES); sl_send_reply("500", "Not left");',
    },
    {
      title: 'ends everything at drop in a route that was called',
      route: 'route(DROPS); sl_send_reply("500", "Not left");',
    },
    { title: 'ends everything when a route returns zero', route: 'route(ZERO); sl_send_reply("500", "Not left");' },
    {
      title: 'ends a function call with a zero code, and goes on after a negative one',
      route: 'is_method("NOSUCH"); $var(log) = $var(log) + "on,"; has_totag(); $var(log) = $var(log) + "further,";',
      show: values,
    },
    { title: 'calls routes from routes', route: 'route(DEEP); $var(b) = $var(a);', show: values },
    {
      title: 'calls routes by a name that is computed, by a number and by a quoted name',
      route: `$var(x) = "1"; route("A" + $var(x)); route(5); route("5"); route("quoted name"); $var(x) = "A1"; route($var(x));`,
      show: values,
    },
    {
      title: 'goes on after a call of a computed route that does not exist',
      route: `route(PLUS); $var(x) = "NOWHERE"; if (route($var(x))) $var(a) = 1; else $var(a) = 2; $var(b) = 1;`,
      show: values,
    },
    {
      title: 'chooses among numbers, falls through, and takes the default',
      route: `$var(x) = 2;
        switch ($var(x)) { case 1: $var(a) = 1; break; case 2: $var(a) = 2; case 3: $var(b) = 3; break; default: $var(c) = 9; }
        switch ($var(x)) { case 7: $var(c) = 7; break; default: $var(d) = 8; }`,
      show: values,
    },
    {
      title: 'chooses among texts and regular expressions',
      route: `switch ($rU) { case "bob": $var(a) = 1; break; case "service": $var(a) = 2; break; default: $var(a) = 3; }
        switch ($ru) { case /"^tel:": $var(b) = 1; break; case /"^sip:serv": $var(b) = 2; break; default: $var(b) = 3; }
        switch ($rU) { case /"^SERV": $var(c) = 1; break; default: $var(c) = 2; }`,
      show: values,
    },
    {
      title: 'chooses by the return code of a function',
      route: `route(MINUS); switch ($rc) { case -1: $var(a) = 1; break; case -3: case -2: $var(a) = 2; break; default: $var(a) = 3; }
        switch (route(MINUS)) { case -2: $var(b) = 2; break; case 0: $var(b) = 10; break; default: $var(b) = 3; }`,
      show: values,
    },
    {
      title: 'repeats, leaves a loop at break, and nests loops',
      route: `$var(i) = 0; while ($var(i) < 5) { $var(i) = $var(i) + 1; if ($var(i) == 3) { $var(log) = $var(log) + "three,"; } if ($var(i) == 4) break; $var(log) = $var(log) + $var(i) + ","; }
        $var(j) = 0; while ($var(j) < 3) { $var(k) = 0; while ($var(k) < 2) { $var(a) = $var(a) + 1; $var(k) = $var(k) + 1; } $var(j) = $var(j) + 1; }`,
      show: [...values, '$var(i)', '$var(j)'],
    },
    {
      title: 'ends a loop after a hundred turns and goes on',
      route: 'while (1) { $var(a) = $var(a) + 1; } $var(b) = 1;',
      show: values,
    },
    {
      title: 'expands definitions into tokens, and substitutions inside texts too',
      route: `$var(a) = NUMBER; $var(x) = WORD; $var(b) = $var(x) + " " + BRANCH; $var(c) = "ADDRESS"; $var(log) = OTHER;
        $var(a) = 5; if (CONDITION) $var(d) = 1;`,
      show: [...values, 'ADDRESS'],
    },
    {
      title: 'reads custom parameters',
      route: `$var(a) = $sel(cfg_get.limits.number); $var(b) = $sel(cfg_get.limits.text); if ($sel(cfg_get.limits.number) == 7) $var(c) = 1; $var(d) = @cfg_get.limits.text;`,
      show: values,
    },
    {
      title: 'tests the message with the words of the core',
      route: `if (method == "OPTIONS") $var(log) = $var(log) + "method,";
        if (method == OPTIONS) $var(log) = $var(log) + "word,";
        if (method == "options") $var(log) = $var(log) + "folded,";
        if (method =~ "^(OPT|INV)") $var(log) = $var(log) + "pattern,";
        if (uri =~ "service") $var(log) = $var(log) + "uri,";
        if (uri == myself) $var(log) = $var(log) + "mine,";
        if (from_uri == myself) $var(log) = $var(log) + "from mine,";
        if (from_uri =~ "^sip:alice@example") $var(log) = $var(log) + "from,";
        if (to_uri =~ "service") $var(log) = $var(log) + "to,";
        if (src_ip == 127.0.0.1) $var(log) = $var(log) + "source,";
        if (src_ip == 127.0.0.0/8) $var(log) = $var(log) + "net,";
        if (src_ip != 10.0.0.0/255.0.0.0) $var(log) = $var(log) + "other net,";
        if (dst_ip == 127.0.0.1) $var(log) = $var(log) + "destination,";
        if (dst_port == 1) $var(log) = $var(log) + "port,";
        if (proto == UDP) $var(log) = $var(log) + "udp,";
        if (af == INET) $var(log) = $var(log) + "inet,";
        if (msg:len > 100) $var(log) = $var(log) + "long,";
        if (msg:len >= 100000) $var(log) = $var(log) + "huge,";`,
      show: ['$var(log)'],
    },
    {
      title: 'takes the address of the server for its own, whatever the port',
      route: 'if (src_ip == myself) $var(a) = 1; if (dst_ip == myself) $var(b) = 1; if (src_ip != myself) $var(c) = 1;',
      show: values,
    },
    {
      title: 'has a code for a computed route that does not exist',
      route:
        'route(PLUS); $var(x) = "NOWHERE"; if (route($var(x))) $var(a) = 1; $var(b) = $rc; $var(c) = route($var(x));',
      show: values,
    },
    {
      title: 'casts, measures and chooses values',
      route: `$var(s) = "12"; $var(a) = (int)$var(s) + 1; $var(n) = 12; $var(b) = (str)$var(n) + 1; $var(c) = strlen($var(s) + "345"); $var(d) = selval($var(n) > 10, "big", "small");`,
      show: values,
    },
    {
      title: 'sets, resets and asks flags by number and shows them',
      route: `setflag(3); setflag(30); if (isflagset(3)) $var(a) = 1; resetflag(3); if (isflagset(3)) $var(b) = 1; if (!isflagset(4)) $var(c) = 1; setbflag(6); if (isbflagset(6)) $var(d) = 1;`,
      show: [...values, '$mf', '$mF', '$bf'],
    },
    {
      title: 'counts in assignments that refer to themselves',
      route: `$var(a) = 1; $var(a) = $var(a) + $var(a) * 3; $var(b) = "x"; $var(b) = $var(b) + $var(b); $var(c) = -$var(a); $var(d) = !$var(a);`,
      show: values,
    },
    {
      title: 'keeps avps as a stack',
      route: `$avp(x) = "one"; $avp(x) = "two"; $avp(x) = 3; $avp(s:y) = "text"; $avp(i:5) = "by number";`,
      show: [
        '$avp(x)',
        '$(avp(x)[0])',
        '$(avp(x)[1])',
        '$(avp(x)[2])',
        '$(avp(x)[3])',
        '$(avp(x)[*])',
        '$avp(y)',
        '$avp(i:5)',
        '[$avp(5)]',
      ],
    },
    {
      title: 'takes from, replaces and clears an avp',
      route: `$avp(x) = "one"; $avp(x) = "two"; $avp(x) = $null; $var(a) = $avp(x); $(avp(y)[*]) = "only"; $avp(z) = 1; $avp(z) = 2; $(avp(z)[*]) = $null; if (!defined $avp(z)) $var(b) = 1;`,
      show: [...values, '$avp(y)', '[$avp(z)]'],
    },
    {
      title: 'keeps xavps as a stack of records',
      route: `$xavp(call=>name) = "first"; $xavp(call[0]=>age) = 5; $xavp(call=>name) = "second";`,
      show: [
        '$xavp(call=>name)',
        '$xavp(call[0]=>name)',
        '$xavp(call[1]=>name)',
        '$xavp(call[1]=>age)',
        '[$xavp(call=>age)]',
        '[$xavp(none=>x)]',
      ],
    },
    {
      title: 'keeps null of a variable as a number and of a null variable as null',
      route: `$var(a) = "text"; $var(a) = $null; $vn(v) = "set"; $var(b) = $vn(v); $vn(v) = $null; if ($vn(v) == $null) $var(c) = 1;`,
      show: [...values, '[$vn(v)]'],
    },
  ],
};
