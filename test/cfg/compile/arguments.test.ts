/** Arguments that are more than a value: headers, substitutions and pseudo-variables that a function writes. */
import { expect, it } from 'vitest';
import { run } from '../cfg-stage.ts';

it('several headers stand in one text, and what a peer sent begins none', async () => {
  const said = await run(`
    $var(x) = "a\\r\\nX-Evil: 1";
    append_hf("X-A: $var(x)\\r\\nX-B: 2\\r\\n");
    append_hf("X-C: " + $var(x) + "\\r\\n");
    append_hf("X-D: 1\\r\\n folded\\r\\n");
    xlog("$hdr(X-A)|$hdr(X-B)|$hdr(X-C)|$hdr(X-D)|$hdr(X-Evil)");`);
  expect(said).toEqual(['a X-Evil: 1|2|a X-Evil: 1|1 folded|<null>']);
});

it('a replacement reads its pseudo-variables when it is made, and nothing in them is a group', async () => {
  const said = await run(`
    $var(x) = "\\\\1/$rU";
    $ru = "sip:bob@example.com";
    subst_uri("/^sip:(b)ob/sip:\\1$var(x)$$\\u/");
    xlog("$ru");`);
  expect(said).toEqual(['sip:b\\1/$rU$sip:bob@example.com@example.com']);
});

it('a pseudo-variable is written with or without quotes around its name', async () => {
  const said = await run(`
    regex_substring("ab12", "([a-z]+)([0-9]+)", 1, 3, "$var(x)");
    regex_substring("ab12", "([a-z]+)([0-9]+)", 2, 3, $avp(y));
    xlog("$var(x) $avp(y)");`);
  expect(said).toEqual(['ab 12']);
});
