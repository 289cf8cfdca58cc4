import { describe, expect, it } from '@jest/globals';
import { Consortium } from '../src/consortium.js';
import { Life, liveAndDie, type KillAfter, type Line } from './support/life.js';
import { TemporaryDirectory } from './support/temporary-directory.js';
import { MSP_IDS, ToyLedger } from './support/toy-ledger.js';

const DIRECTORIES = 5;
const LONGEST_MS = 150;

/** The first die while the consortium is made; later ones as they open it, or at work. */
const KILLS_AFTER: readonly KillAfter[] = [
  ...(['go', 'go', 'put', 'open', 'put'] as const),
  ...(['go', 'put', 'open', 'put', 'put'] as const),
];

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
  it.each(Array.from({ length: DIRECTORIES }, (_, i) => i + 1))(
    'loses nothing that it acknowledged, and its ledger verifies (directory %i)',
    async (number) => {
      await using directory = await TemporaryDirectory.create();
      const acknowledged = new Acknowledged();
      let next = new Life('crash-child.mjs', [directory.path, `${number}-0`]);
      for (const [kill, after] of KILLS_AFTER.entries()) {
        const current = next;
        await current.until('ready');
        next = new Life('crash-child.mjs', [directory.path, `${number}-${kill + 1}`]);
        for (const line of await liveAndDie(current, after, LONGEST_MS)) acknowledged.hear(line);
        await expectNothingLost(directory.path, acknowledged);
      }
      await next.kill();
      expect(acknowledged.opened).toBeGreaterThan(0);
      expect(acknowledged.keys.size).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe('a consortium whose making is killed again and again', () => {
  it('is made in the end, once, with its admins and custodian keys', async () => {
    await using directory = await TemporaryDirectory.create();
    for (const longestMs of [100, 300, 600, 900, 1200, 1500]) {
      await liveAndDie(new Life('creation-child.mjs', [directory.path]), 'go', longestMs);
    }
    await using consortium = await Consortium.open({ directory: directory.path, waitMs: 30_000 });
    const ledger = consortium.ledger(consortium.admin('HospCMSP').identity);
    const { custodians } = await ledger.evaluate('registry:ListCustodians', {});
    expect(custodians.map(({ mspId, generation }) => [mspId, generation])).toEqual(
      MSP_IDS.map((mspId) => [mspId, 1]),
    );
    await consortium.verify();
  });
});
