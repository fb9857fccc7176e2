/** `viaduct collect`: a HEP listener that shows what arrives. */
import { type Collected, HepListener } from '../../collector/listener.ts';
import { formatListenAddress, type ListenSpec, parseListenAddress } from '../../transport/listen-address.ts';
import type { CommandDecl, Given } from '../command.ts';
import { type Paint, paintFor } from '../colours.ts';
import { ExitCode, UsageError } from '../exit-code.ts';
import { packetFull, packetJson, packetLine } from '../packet-text.ts';
import type { Shell } from '../shell.ts';

const DEFAULT_LISTEN: readonly string[] = ['udp:127.0.0.1:9060', 'tcp:127.0.0.1:9060'];
/** Bytes that may wait for the reader of stdout; further packets are counted, not printed. */
export const MAX_BACKLOG_BYTES = 8 * 1024 * 1024;

export const collect: CommandDecl = {
  name: 'collect',
  summary: 'Receive HEP and print one line a message.',
  flags: [
    {
      flags: '-l, --listen <address>',
      doc: 'proto:address:port, again for more (default udp and tcp on 127.0.0.1:9060)',
      repeat: 'list',
    },
    { flags: '--full', doc: 'print the whole of each message' },
    { flags: '--json', doc: 'print one JSON object a line' },
  ],
  notes: 'SIGTERM and SIGINT stop it; the last line on stderr says what was received.',
  run: runCollector,
};

export function hepListenSpec(text: string): ListenSpec {
  const parsed = parseListenAddress(text);
  if (parsed.kind === 'malformed') throw new UsageError(`-l: ${parsed.message}`);
  const { transport } = parsed.spec;
  if (transport === 'tls') throw new UsageError(`-l ${text}: HEP is received over udp and tcp`);
  return parsed.spec;
}

async function runCollector(given: Given, shell: Shell): Promise<ExitCode> {
  const asked = given.list('listen');
  const listen = (asked.length > 0 ? asked : DEFAULT_LISTEN).map(hepListenSpec);
  const printer = new PacketPrinter(shell, formatFor(given, paintFor(shell.env, shell.out)));
  const listener = new HepListener({ world: shell.world, listen, packet: (collected) => printer.print(collected) });
  const ended = new Promise<void>((done) => {
    shell.onSignal('SIGTERM', done);
    shell.onSignal('SIGINT', done);
    shell.out.onClosed(done);
  });
  await listener.start();
  for (const [index, { address, port }] of listener.local.entries()) {
    const transport = listen[index]?.transport ?? 'udp';
    shell.err.write(`collecting HEP on ${formatListenAddress({ transport, address, port })}\n`);
  }
  await ended;
  listener.stop();
  const { packets, notHep, malformed } = listener.counters;
  shell.err.write(`${packets} packets, ${printer.skipped} not shown, ${malformed} malformed, ${notHep} not HEP\n`);
  return ExitCode.ok;
}

function formatFor(given: Given, paint: Paint): (collected: Collected) => string {
  if (given.has('json')) return packetJson;
  return (collected) => (given.has('full') ? packetFull(collected, paint) : packetLine(collected, paint));
}

class PacketPrinter {
  readonly #shell: Shell;
  readonly #format: (collected: Collected) => string;
  skipped = 0;

  constructor(shell: Shell, format: (collected: Collected) => string) {
    this.#shell = shell;
    this.#format = format;
  }

  print(collected: Collected): void {
    const { out } = this.#shell;
    if (!out.open || out.backlog > MAX_BACKLOG_BYTES) this.skipped++;
    else out.write(`${this.#format(collected)}\n`);
  }
}
