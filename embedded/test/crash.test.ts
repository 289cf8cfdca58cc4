import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { TemporaryDirectory } from './support/temporary-directory.js';
import { MSP_IDS, ToyLedger } from './support/toy-ledger.js';

const CHILD = fileURLToPath(new URL('support/crash-child.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/deployment.js', import.meta.url));

const DIRECTORIES = 5;
const LONGEST_MS = 150;

/** From when on the time to the kill counts, however slow the machine is at the moment. */
type KillAfter = 'go' | 'open' | 'put';

/** The first die while the consortium is made; later ones as they open it, or at work. */
const KILLS_AFTER: readonly KillAfter[] = [
  ...(['go', 'go', 'put', 'open', 'put'] as const),
  ...(['go', 'put', 'open', 'put', 'put'] as const),
];

type Line =
  | { kind: 'ready' | 'open' }
  | { kind: 'put' | 'purging' | 'purged'; key: string }
  | { kind: 'private'; key: string; value: string };

/** What was acknowledged over all lives in one directory. */
class Acknowledged {
  readonly keys = new Set<string>();
  readonly values = new Map<string, string>();
  readonly purging = new Set<string>();
  readonly purged = new Set<string>();
  opened = 0;

  hear(line: Line): void {
    if (line.kind === 'open') this.opened += 1;
    if (line.kind === 'put') this.keys.add(line.key);
    if (line.kind === 'private') this.values.set(line.key, line.value);
    if (line.kind === 'purging') this.purging.add(line.key);
    if (line.kind === 'purged') this.purged.add(line.key);
  }
}

/** A process that has loaded everything and waits to begin. */
class Life {
  readonly heard: Line[] = [];
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor(directory: string, run: string) {
    this.#child = spawn(process.execPath, [CHILD, directory, run], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface(this.#child.stdout!);
    this.#lines.on('line', (line) => this.heard.push(JSON.parse(line) as Line));
  }

  /** Resolves when it has said `kind`, or has ended. */
  async until(kind: Line['kind']): Promise<void> {
    while (!this.heard.some((line) => line.kind === kind)) await once(this.#lines, 'line');
  }

  go(): void {
    this.#child.stdin!.write('go\n');
  }

  async kill(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    expect(await closed).toEqual([null, 'SIGKILL']);
  }
}

async function liveAndDie(life: Life, after: KillAfter): Promise<Line[]> {
  await life.until('ready');
  life.go();
  if (after !== 'go') await life.until(after);
  await delay(Math.random() * LONGEST_MS);
  await life.kill();
  return life.heard;
}

async function expectNothingLost(directory: string, acknowledged: Acknowledged): Promise<void> {
  await using ledger = await ToyLedger.open(directory, { waitMs: 30_000 });
  const heads = new Set(ledger.peers.map(({ copy }) => copy.head.headSha256));
  expect(heads.size).toBe(1);
  for (const mspId of MSP_IDS) {
    const { latest } = ledger.peer(mspId).copy;
    for (const key of acknowledged.keys) {
      expect(Buffer.from(latest.get(key)?.value ?? []).toString()).toBe(key);
    }
  }
  const { latest } = ledger.peer('HospBMSP').copy;
  for (const [key, value] of acknowledged.values) {
    const held = latest.privateValue('_implicit_org_HospBMSP', key);
    if (acknowledged.purged.has(key)) expect(held).toBeUndefined();
    else if (!acknowledged.purging.has(key)) expect(Buffer.from(held!).toString('hex')).toBe(value);
  }
  await ledger.verify();
}

describe(`a process that is killed ${DIRECTORIES * KILLS_AFTER.length} times at random`, () => {
  beforeAll(() => {
    if (!existsSync(BUILT)) throw new Error('embedded/dist is missing; run npm run build first');
  });

  it.each(Array.from({ length: DIRECTORIES }, (_, i) => i + 1))(
    'loses nothing that it acknowledged, and its ledger verifies (directory %i)',
    async (number) => {
      await using directory = await TemporaryDirectory.create();
      const acknowledged = new Acknowledged();
      let next = new Life(directory.path, `${number}-0`);
      for (const [kill, after] of KILLS_AFTER.entries()) {
        const current = next;
        await current.until('ready');
        next = new Life(directory.path, `${number}-${kill + 1}`);
        for (const line of await liveAndDie(current, after)) acknowledged.hear(line);
        await expectNothingLost(directory.path, acknowledged);
      }
      await next.kill();
      expect(acknowledged.opened).toBeGreaterThan(0);
      expect(acknowledged.keys.size).toBeGreaterThan(0);
    },
    120_000,
  );
});
