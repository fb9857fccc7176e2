/** How scripts run: return codes, routes, loops and what leaves them. The codes are those of Kamailio 5.6.3. */
import { describe, expect, it } from 'vitest';
import { BOB, cfgStage, run } from './cfg-stage.ts';

describe('$rc', () => {
  it.each([
    ['$var(x) = is_method("OPTIONS"); xlog("$var(x) $rc");', '', ['1 1']],
    ['$var(x) = !is_method("INVITE"); xlog("$var(x) $rc");', '', ['1 -1']],
    ['$var(x) = is_method("INVITE") || is_method("OPTIONS"); xlog("$var(x) $rc");', '', ['1 1']],
    ['route(A); xlog("$rc");', 'route[A] { if (is_method("INVITE")) { $var(q) = 1; } }', ['1']],
    ['$var(x) = route(A); xlog("$var(x) $rc");', 'route[A] { is_method("INVITE"); }', ['-1 -1']],
    ['if (route(A)) xlog("T"); else xlog("F $rc");', 'route[A] { return -2; }', ['F -2']],
    ['if (route(A) || 0) xlog("T"); else xlog("F $rc");', 'route[A] { return -2; }', ['F -2']],
    ['$var(x) = route(A); xlog("$var(x) $rc");', 'route[A] { return -2; }', ['-2 -2']],
    ['route(A); xlog("$rc");', 'route[A] { $var(a) = 1; return; }', ['1']],
    ['route(A); xlog("$rc");', 'route[A] { while (1) { break; } }', ['0']],
    ['route(A); xlog("$rc");', 'route[A] { break; xlog("no"); }', ['0']],
    ['route(A); xlog("$retcode $?");', 'route[A] { return 7; }', ['7 7']],
    ['route_if_exists("A"); xlog("$rc");', 'route[A] { return 7; }', ['7']],
    ['$var(n) = "A"; route_if_exists("$var(n)"); xlog("$rc");', 'route[A] { return 7; }', ['7']],
    ['route_if_exists("B"); xlog("$rc");', '', ['-1']],
    ['check_route_exists("A"); xlog("$rc"); check_route_exists("B"); xlog("$rc");', 'route[A] { }', ['1', '-1']],
    ['rand_get_prob(); xlog("$rc");', '', ['10']],
    ['is_method("INVITE"); setflag(3); xlog("$rc");', '', ['-1']],
    ['if (isflagset(6)) xlog("no"); setflag(6); if (isflagset(6)) xlog("set");', '', ['set']],
  ])('of %s', async (statements, more, said) => {
    expect(await run(statements, more)).toEqual(said);
  });
});

describe('a script ends', () => {
  it.each([
    ['exit', 'exit;'],
    ['drop', 'drop;'],
    ['return in the request route', 'return;'],
    ['return 0 of a route', 'route(A);'],
    ['exit in a route, from inside a condition', 'if (route(B)) xlog("no"); else xlog("no");'],
    ['exit in a route that an assignment calls', '$var(x) = route(B);'],
    ['exit in a route that a route calls', 'route(C);'],
    ['exit in a loop', 'while (1) { exit; }'],
    ['exit in a switch', 'switch (1) { case 1: exit; }'],
  ])('with %s', async (_, statements) => {
    const more = 'route[A] { if (1) { return 0; } xlog("no"); } route[B] { exit; } route[C] { route(B); xlog("no"); }';
    expect(await run(`xlog("before"); ${statements} xlog("after");`, more)).toEqual(['before']);
  });
});

describe('loops and choices', () => {
  it('end a while after 100 times, and go on behind it', async () => {
    expect(await run('$var(n) = 0; while (1) { $var(n) = $var(n) + 1; } xlog("$var(n)");')).toEqual(['100']);
    expect(
      await run('$var(n) = 0; while (1) { $var(n) = $var(n) + 1; } xlog("$var(n)");', 'max_while_loops = 7\n'),
    ).toEqual(['7']);
  });

  it('run a while as long as its test is not 0', async () => {
    expect(await run('$var(m) = -3; while ($var(m)) { $var(m) = $var(m) + 1; } xlog("$var(m)");')).toEqual(['0']);
  });

  it('leave with break', async () => {
    expect(
      await run('$var(n) = 0; while (1) { $var(n) = $var(n) + 1; if ($var(n) == 3) break; } xlog("$var(n)");'),
    ).toEqual(['3']);
  });

  it.each([
    ['$var(s) = "12";', '$var(s)', 'case 12: xlog("int"); break; default: xlog("default");', ['int']],
    ['$var(i) = 12;', '$var(i)', 'case "12": xlog("str"); break; default: xlog("default");', ['str']],
    ['', '3', 'case 1: xlog("1"); case 2: xlog("2"); break; default: xlog("default");', ['default']],
    ['', '1', 'case 1: xlog("1"); case 2: xlog("2"); break; default: xlog("default");', ['1', '2']],
    ['', '1', 'case 1: case 2: xlog("both"); break; case 3: xlog("3");', ['both']],
    ['', '$rU', 'case /"^BO": xlog("upper"); break; case /"^bo": xlog("lower"); break;', ['lower']],
    ['', '9', 'case 1: xlog("1");', []],
    ['is_method("INVITE");', '$rc', 'case -1: xlog("minus"); break; case 1: xlog("plus");', ['minus']],
  ])('choose with %s switch (%s) { %s }', async (before, subject, cases, said) => {
    expect(await run(`${before} switch (${subject}) { ${cases} }`)).toEqual(said);
  });

  it('limit routes that call themselves to 256 levels, request_route being one, and go on', async () => {
    const said = await run('route(A); xlog("done $var(n)");', 'route[A] { $var(n) = $var(n) + 1; route(A); }');
    expect(said).toEqual(['done 255']);
  });

  it('find routes by a name that is computed, and go on without one', async () => {
    const more = 'route[A1] { xlog("one"); } route[2] { xlog("two"); }';
    expect(
      await run('$var(n) = 1; route("A" + $var(n)); route("2"); route(2); route($var(no)); xlog("on");', more),
    ).toEqual(['one', 'two', 'two', 'on']);
  });

  it('have a code for a computed name that no route has', async () => {
    expect(
      await run('route(FIVE); $var(x) = route($var(no)); xlog("$var(x) $rc");', 'route[FIVE] { return 5; }'),
    ).toEqual(['-10 0']);
  });
});

describe('functions that wait', () => {
  it('let the rest of the script run behind them, wherever they stand', async () => {
    const stage = await cfgStage(`
      request_route {
        $var(n) = 0;
        while ($var(n) < 3) { $var(n) = $var(n) + 1; usleep("1000"); xlog("loop $var(n)"); }
        if (usleep("1000") && !is_method("INVITE")) xlog("and"); else xlog("no");
        switch ($rm) { case "OPTIONS": usleep("1000"); xlog("switch"); break; default: xlog("no"); }
        $var(x) = route(WAIT);
        xlog("route $var(x) $rc");
        if (!route(END)) xlog("no");
        xlog("no");
      }
      route[WAIT] { usleep("1000"); return 5; }
      route[END] { usleep("1000"); exit; }`);
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(1_000);
    expect(stage.said).toEqual(['loop 1', 'loop 2', 'loop 3', 'and', 'switch', 'route 5 5']);
  });

  it('keep messages apart', async () => {
    const stage = await cfgStage(`
      request_route { $var(who) = $rm; usleep("5000"); xlog("$var(who) $rm"); }`);
    stage.alice.request('OPTIONS', BOB);
    stage.alice.request('MESSAGE', BOB);
    await stage.sim.runFor(1_000);
    expect(stage.said).toEqual(['OPTIONS OPTIONS', 'MESSAGE MESSAGE']);
  });
});

describe('$var', () => {
  it('lives for one message', async () => {
    const stage = await cfgStage('request_route { xlog("$var(x)"); $var(x) = 5; }');
    stage.alice.request('OPTIONS', BOB);
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(1_000);
    expect(stage.said).toEqual(['0', '0']);
  });
});
