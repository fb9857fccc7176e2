/** Custom parameters of a kamailio.cfg, read by the script and changed over RPC while it runs. */
import { describe, expect, it } from 'vitest';
import { BOB, cfgStage, compiled, withModules } from './cfg-stage.ts';

const text = `pstn.gw = "10.0.0.9" desc "The gateway."
pstn.port = 7
limits[2].rate = 3
request_route {
  xlog("$sel(cfg_get.pstn.gw):$sel(cfg_get.pstn.port) $sel(cfg_get.limits[2].rate)");
}`;

async function started() {
  const stage = await cfgStage(text);
  const { commands } = stage.proxy.engine;
  const call = async (method: string, ...params: (string | number)[]): Promise<unknown> =>
    commands.find(method)?.run(params);
  const said = async (): Promise<string | undefined> => {
    stage.alice.request('OPTIONS', BOB);
    await stage.sim.runFor(1_000);
    return stage.said.at(-1);
  };
  return { ...stage, call, said };
}

describe('custom parameters', () => {
  it('are changed by cfg.set* and go back by cfg.reset', async () => {
    const { call, said } = await started();
    expect(await said()).toBe('10.0.0.9:7 3');
    await call('cfg.sets', 'pstn', 'gw', '10.0.0.8');
    await call('cfg.seti', 'pstn', 'port', 8);
    await call('cfg.set', 'limits[2]', 'rate', 4);
    expect(await said()).toBe('10.0.0.8:8 4');
    expect(await call('cfg.get', 'pstn')).toEqual({ gw: '10.0.0.8', port: 8 });
    await call('cfg.reset', 'pstn', 'gw');
    expect(await said()).toBe('10.0.0.9:8 4');
  });

  it('say what they are, and refuse what they cannot be', async () => {
    const { call } = await started();
    expect(await call('cfg.help', 'pstn', 'gw')).toBe('The gateway. (parameter type is string; changes at run time)');
    await expect(call('cfg.seti', 'pstn', 'port', 'x')).rejects.toThrow(/pstn\.port/);
    await expect(call('cfg.seti', 'pstn', 'nothing', 1)).rejects.toThrow(/Failed to get the variable/);
  });

  it('are those of one proxy, also where two run one program', async () => {
    const { source } = compiled(withModules(text));
    const { call, proxy, sim } = await started();
    await proxy.reload(source);
    await call('cfg.sets', 'pstn', 'gw', '10.0.0.8');
    await proxy.reload(source);
    await sim.runFor(10);
    expect(await call('cfg.get', 'pstn', 'gw')).toBe('10.0.0.9');
  });
});
