import { cp, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsortiumPaths } from '../../src/consortium-paths.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { MSP_IDS, ToyLedger } from '../support/toy-ledger.js';

describe('opening the copies', () => {
  let directory: TemporaryDirectory;
  let aside: TemporaryDirectory;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
    aside = await TemporaryDirectory.create();
  });
  afterEach(async () => {
    await directory.remove();
    await aside.remove();
  });

  const copyOf = (mspId: string) => new ConsortiumPaths(directory.path).organization(mspId).ledger;

  /** Runs `work` and then sets the copies of some organizations back to before it. */
  async function losing(mspIds: readonly string[], work: (ledger: ToyLedger) => Promise<unknown>) {
    for (const mspId of mspIds) {
      await cp(copyOf(mspId), `${aside.path}/${mspId}`, { recursive: true });
    }
    await using ledger = await ToyLedger.open(directory.path);
    await work(ledger);
    await ledger.close();
    for (const mspId of mspIds) {
      await rm(copyOf(mspId), { recursive: true });
      await cp(`${aside.path}/${mspId}`, copyOf(mspId), { recursive: true });
    }
  }

  it('brings those that lag level with the highest', async () => {
    await (await ToyLedger.open(directory.path)).close();
    await losing(['HospAMSP', 'HospCMSP'], async (ledger) => {
      for (let i = 0; i < 3; i++) await ledger.submit('append', ['log', String(i)]);
    });
    await using ledger = await ToyLedger.open(directory.path);
    expect(ledger.peers.map(({ copy }) => copy.head.height)).toEqual([4, 4, 4]);
    for (const mspId of MSP_IDS) {
      expect(await ledger.evaluate('get', ['log'], { organizations: [mspId] })).toBe('012');
    }
    await ledger.verify();
  });

  it('makes a copy that was lost altogether from the others', async () => {
    await using ledger = await ToyLedger.open(directory.path);
    await ledger.submit('put', ['key', 'value']);
    await ledger.close();
    await rm(copyOf('HospBMSP'), { recursive: true });
    await using again = await ToyLedger.open(directory.path);
    const at = { organizations: ['HospBMSP'] };
    expect(await again.evaluate('get', ['key'], at)).toBe('value');
    await again.verify();
  });

  it("takes private values from the organization's own staging when its commit was lost", async () => {
    await using ledger = await ToyLedger.open(directory.path);
    const { copy } = ledger.peer('HospAMSP');
    copy.commit = () => Promise.reject(new Error('killed'));
    await expect(
      ledger.submit('putPrivate', ['HospAMSP', 'secret'], {
        organizations: ['HospAMSP'],
        transient: { value: Buffer.from('sealed') },
      }),
    ).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    await expect(ledger.submit('put', ['k', 'v'])).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
    });
    await ledger.close();

    await using again = await ToyLedger.open(directory.path);
    const own = { organizations: ['HospAMSP'] };
    expect(await again.evaluate('getPrivate', ['HospAMSP', 'secret'], own)).toBe('sealed');
    await again.verify();
  });

  it('sweeps what was staged for transactions that were never ordered', async () => {
    await using ledger = await ToyLedger.open(directory.path);
    const { copy } = ledger.peer('HospAMSP');
    await copy.stage('ab'.repeat(32), [{ collection: 'c', key: 'k', value: 'eA==' }]);
    await ledger.close();
    await using again = await ToyLedger.open(directory.path);
    const staged: string[] = [];
    for await (const key of again.peer('HospAMSP').copy.tables.staged.keys()) staged.push(key);
    expect(staged).toEqual([]);
  });

  it('goes on after a reopening where it stopped', async () => {
    for (const letter of 'abc') {
      await using ledger = await ToyLedger.open(directory.path);
      await ledger.submit('append', ['log', letter]);
    }
    await using ledger = await ToyLedger.open(directory.path);
    expect(await ledger.evaluate('get', ['log'])).toBe('abc');
  });
});
