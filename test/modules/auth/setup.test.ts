/** Parameters of auth: what they take, what is said when they are wrong, and credentials read from a file. */
import { describe, expect, it } from 'vitest';
import { defineModule, use } from '../../../src/engine/module.ts';
import { defineRoutes } from '../../../src/engine/program.ts';
import { createProxy } from '../../../src/engine/proxy.ts';
import { ViaductError } from '../../../src/errors.ts';
import { auth } from '../../../src/modules/auth/auth.ts';
import { Simulator } from '../../../src/testing.ts';
import { type AuthParams, credentials, openDesk, requestWith, SECRET } from './desk.ts';

function refusal(params: AuthParams): { readonly code: string; readonly message: string } {
  try {
    openDesk(params);
  } catch (error) {
    if (error instanceof ViaductError) return error;
    throw error;
  }
  throw new Error('accepted');
}

const login = (desk: ReturnType<typeof openDesk>, user: string, password: string) =>
  desk.auth.authenticate(requestWith(credentials({ nonce: desk.nonce(), user, password })));

describe('parameters', () => {
  it('take a secret of 16 bytes or more, which no error repeats', () => {
    expect(SECRET).toHaveLength(16);
    openDesk({ secret: SECRET });
    expect(refusal({ secret: SECRET.slice(1) })).toMatchObject({
      code: 'PARAM_VALUE',
      message: 'auth.secret takes at least 16 bytes, not 15',
    });
  });

  it('name the bad item of the credentials and not its password', () => {
    const { code, message } = refusal({ credentials: ['alice:fine', 'a@r:ha1=hidden'] });
    expect(code).toBe('PARAM_VALUE');
    expect(message).toContain('item 2');
    expect(message).not.toContain('hidden');
  });

  it.each(['SHA-1', 'MD5-sess', ''])('refuse the algorithm %j', (algorithm) => {
    expect(refusal({ algorithm: ['MD5', algorithm] })).toMatchObject({ code: 'PARAM_VALUE' });
  });

  it('want at least one algorithm', () => {
    expect(refusal({ algorithm: [] })).toMatchObject({ code: 'PARAM_VALUE' });
  });
});

describe('the api', () => {
  it('tells other modules who logged in with a request', () => {
    const seen: unknown[] = [];
    const watcher = defineModule(
      {
        name: 'watcher',
        doc: 'Asks auth.',
        needs: ['auth'],
        functions: { look: { cfg: [], routes: ['request'], args: [], returns: { done: 1 }, doc: 'Notes the user.' } },
      },
      (host) => ({
        functions: {
          look(ctx) {
            seen.push(host.use('auth').user(ctx)?.user);
            return 'done';
          },
        },
      }),
    );
    const desk = openDesk();
    const routes = defineRoutes(
      [use(auth, { secret: SECRET, credentials: 'alice:wonderland' }), watcher],
      (modules) => {
        for (const password of ['wonderland', 'looking-glass']) {
          const ctx = requestWith(credentials({ nonce: desk.nonce(), password }));
          modules.watcher.look(ctx);
          modules.auth.authenticate(ctx);
          modules.watcher.look(ctx);
        }
        return { request: () => undefined };
      },
    );
    createProxy({ world: desk.sim.world, program: routes, listen: [] });
    expect(seen).toEqual([undefined, 'alice', undefined, undefined]);
  });
});

describe('a credentials file', () => {
  const FILE = '/etc/users';
  const text = '# users\r\n\r\n  alice:wonderland\r\nbob@example.com:builder # of houses\n';

  it('is read at the start, beside what is listed', async () => {
    const sim = new Simulator();
    sim.files.set(FILE, text);
    const desk = openDesk({ credentials: 'carol:singer', credentials_file: FILE }, sim);
    expect(login(desk, 'alice', 'wonderland')).toBe('unknownUser');
    await desk.start();
    expect(login(desk, 'alice', 'wonderland')).toBe('ok');
    expect(login(desk, 'bob', 'builder # of houses')).toBe('ok');
    expect(login(desk, 'carol', 'singer')).toBe('ok');
    expect(desk.logged).toEqual([]);
  });

  it('that is bad stops the start with its name, line and no password', async () => {
    const sim = new Simulator();
    sim.files.set(FILE, 'alice:wonderland\n\na@r:ha1=hidden\n');
    const desk = openDesk({ credentials_file: FILE }, sim);
    const message = `${FILE}:3: ha1= takes 32 hexadecimal digits (MD5) or 64 (SHA-256)`;
    await expect(desk.start()).rejects.toMatchObject({ code: 'CREDENTIALS_FILE', message });
  });

  it('that is missing stops the start with its name and the parameter', async () => {
    const starting = openDesk({ credentials_file: '/nowhere' }).start();
    await expect(starting).rejects.toMatchObject({
      code: 'CREDENTIALS_FILE',
      message: expect.stringMatching(/nowhere/),
    });
  });

  it('is read again on request, and stays in force when the new one is bad', async () => {
    const sim = new Simulator();
    sim.files.set(FILE, text);
    const desk = openDesk({ credentials_file: FILE }, sim);
    await desk.start();
    sim.files.set(FILE, 'dave:diver');
    expect(await desk.rpc.get('auth.reload')?.([])).toEqual({ users: 1 });
    expect(login(desk, 'dave', 'diver')).toBe('ok');
    expect(login(desk, 'alice', 'wonderland')).toBe('unknownUser');
    sim.files.set(FILE, 'dave:other\nnonsense');
    await expect(desk.rpc.get('auth.reload')?.([])).rejects.toThrow('/etc/users:2: ');
    expect(login(desk, 'dave', 'diver')).toBe('ok');
    expect(desk.rpc.get('auth.stats')?.([])).toMatchObject({ accepted: 2, rejected: 1, users: 1, nonces_forgotten: 0 });
  });

  it('may be absent, but a start without any credentials is warned about', async () => {
    const desk = openDesk({});
    await desk.start();
    expect(desk.logged).toEqual([expect.stringContaining('nobody can log in')]);
  });
});
