/** xlog: what reaches the log, and that a peer cannot add a line to it. */
import { describe, expect, it } from 'vitest';
import { pinoLog } from '../../../src/cli/pino-log.ts';
import { use } from '../../../src/engine/module.ts';
import { xlog } from '../../../src/modules/xlog/xlog.ts';
import { RINGING } from '../../sip/messages.ts';
import { rigOf, written } from '../../support/contexts.ts';
import { moduleRig } from '../../support/module-rig.ts';

describe('a line', () => {
  it('has the level that was asked for, the prefix, and the call', async () => {
    const rig = await rigOf([xlog]);
    expect(rig.modules.xlog.log(rig.request(written()), 'notice', 'hello\n')).toBe('written');
    expect(rig.log).toEqual([{ level: 'notice', message: 'xlog: <script>: hello', fields: { callId: 'c1@10.0.0.1' } }]);
  });

  it('can be written from a reply too', async () => {
    const rig = await rigOf([xlog]);
    rig.modules.xlog.info(rig.reply(RINGING), 'ringing');
    expect(rig.log.map(({ level, message }) => `${level} ${message}`)).toEqual(['info xlog: <script>: ringing']);
  });

  it('has one function for each level', async () => {
    const rig = await rigOf([use(xlog, { prefix: '' })]);
    const { log: _, lines: __, ...functions } = rig.modules.xlog;
    const ctx = rig.request(written());
    for (const write of Object.values(functions)) write(ctx, 'x');
    expect(rig.log.map(({ level }) => level)).toEqual(Object.keys(functions));
  });

  it('is cut at buf_size', async () => {
    const rig = await rigOf([use(xlog, { prefix: '', buf_size: 80 })]);
    const ctx = rig.request(written());
    rig.modules.xlog.info(ctx, 'a'.repeat(80));
    rig.modules.xlog.info(ctx, 'a'.repeat(81));
    expect(rig.log.map(({ message }) => message.length)).toEqual([86, 86]);
  });

  it('stays one line at the sink, whatever a peer put into it', async () => {
    const rig = await rigOf([xlog]);
    rig.modules.xlog.info(rig.request(written()), 'From: a\r\n{"level":"alert"}\n\u001b[2Jgone');
    const lines: string[] = [];
    for (const paint of [undefined, (_: unknown, text: string) => text]) {
      const sink = pinoLog({
        level: 'debug',
        clock: rig.sim.clock,
        sink: { write: (line) => lines.push(line) },
        paint,
      });
      for (const { level, message, fields } of rig.log) sink.write(level, message, fields);
    }
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line.trimEnd()).not.toMatch(/[\r\n\u001b]/);
      expect(line).toContain('gone');
    }
  });
});

it('knows the names of levels that kamailio.cfg uses', () => {
  const [level] = xlog.decl.functions.log.args;
  const names = Object.values(level.choices).flat();
  expect(names).toEqual(['L_ALERT', 'L_CRIT', 'L_BUG', 'L_ERR', 'L_WARN', 'L_NOTICE', 'L_INFO', 'L_DBG']);
});

it('several lines of a text are as many lines of the log', async () => {
  const rig = await rigOf([use(xlog, { prefix: '' })]);
  rig.modules.xlog.lines(rig.request(written()), 'notice', 'one\r\n\ntwo\n');
  expect(rig.log.map(({ message }) => message)).toEqual(['xlog: one', 'xlog: two']);
});

it.each([
  ['bx', '\x1b[0;34;49m'],
  ['xx', '\x1b[0;39;49m'],
  ['Rg', '\x1b[1;31;42m'],
  ['b', null],
  ['zz', null],
  ['', null],
])('colours %j are what a terminal takes', async (letters, expected) => {
  const rig = await moduleRig([xlog]);
  expect(rig.read(rig.request(written()), 'C', letters)).toBe(expected);
});
