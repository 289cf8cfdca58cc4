import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalBytes } from '@emr-share/model';
import { newDatabase, tablesOf, type TableName } from '../../src/ledger/tables.js';
import { ConsortiumPaths } from '../../src/consortium-paths.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { ToyLedger } from '../support/toy-ledger.js';

const BLOCKS = 6;
const FLIPS = 8;
const blockKey = (number: number) => String(number).padStart(12, '0');

describe('a copy of the ledger that somebody changed', () => {
  let directory: TemporaryDirectory;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
    await using ledger = await ToyLedger.open(directory.path);
    for (let i = 1; i < BLOCKS - 1; i++) await ledger.submit('put', [`key-${i}`, `value-${i}`]);
    await ledger.submit('putPrivate', ['HospBMSP', 'secret'], {
      organizations: ['HospBMSP'],
      transient: { value: Buffer.from('sealed') },
    });
  });
  afterEach(() => directory.remove());

  /** Changes one entry of one organization's database, as its operator could. */
  async function change(
    mspId: string,
    table: TableName,
    key: string,
    edit: (value: Buffer) => Uint8Array | null,
  ): Promise<void> {
    const database = newDatabase(new ConsortiumPaths(directory.path).organization(mspId).ledger);
    await database.open();
    const entries = tablesOf(database)[table];
    const value = edit(Buffer.from((await entries.get(key)) ?? []));
    await (value === null ? entries.del(key) : entries.put(key, value));
    await database.close();
  }

  const flip = (at: number) => (value: Buffer) => {
    const position = at % value.length;
    value.writeUInt8(value.readUInt8(position) ^ 1, position);
    return value;
  };

  const replace = (from: string, to: string) => (value: Buffer) => {
    expect(value.includes(from)).toBe(true);
    return Buffer.from(value.toString().replace(from, to));
  };

  async function verifyReopened() {
    await using ledger = await ToyLedger.open(directory.path);
    return await ledger.verify();
  }

  const damageAt = (mspId: string, blockNumber: number) => ({
    code: 'LEDGER_CORRUPT',
    details: expect.objectContaining({ mspId, blockNumber }) as unknown,
  });

  it('verifies while nobody did', async () => {
    expect(await verifyReopened()).toMatchObject({ height: BLOCKS });
  });

  it('is named with the block, whatever byte of the block was flipped', async () => {
    const length = await lengthOfBlock('HospCMSP', 2);
    for (let i = 0; i < FLIPS; i++) {
      const at = Math.floor((i / FLIPS) * length);
      await change('HospCMSP', 'blocks', blockKey(2), flip(at));
      await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospCMSP', 2));
      await change('HospCMSP', 'blocks', blockKey(2), flip(at));
    }
    expect(await verifyReopened()).toMatchObject({ height: BLOCKS });
  });

  it('is named when a written value was changed in its block', async () => {
    const base64 = Buffer.from('value-2').toString('base64');
    const other = Buffer.from('value-9').toString('base64');
    await change('HospBMSP', 'blocks', blockKey(2), replace(base64, other));
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospBMSP', 2));
  });

  it('is named when the judgement of a transaction was changed', async () => {
    await change('HospAMSP', 'blocks', blockKey(3), replace('["VALID"]', '["MVCC_READ_CONFLICT"]'));
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospAMSP', 3));
  });

  it('is named when a block is missing in the middle', async () => {
    await change('HospAMSP', 'blocks', blockKey(3), () => null);
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospAMSP', 3));
  });

  it('does not open when its last block was changed', async () => {
    await change('HospAMSP', 'blocks', blockKey(BLOCKS - 1), flip(200));
    await expect(ToyLedger.open(directory.path)).rejects.toMatchObject(
      damageAt('HospAMSP', BLOCKS - 1),
    );
  });

  it('does not open when it claims to be shorter and differs from the others there', async () => {
    const head = canonicalBytes({ height: 3, headSha256: 'ab'.repeat(32) });
    await change('HospAMSP', 'meta', 'head', () => head);
    await expect(ToyLedger.open(directory.path)).rejects.toMatchObject(damageAt('HospAMSP', 2));
  });

  it('is named with the block that wrote a value, when the state was changed', async () => {
    await change('HospBMSP', 'state', 'key-2', flip(10));
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospBMSP', 2));
  });

  it('is named when a value vanished from the state, or one was added', async () => {
    let removed: Buffer = Buffer.alloc(0);
    await change('HospBMSP', 'state', 'key-4', (value) => {
      removed = value;
      return null;
    });
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospBMSP', 4));
    await change('HospBMSP', 'state', 'key-4', () => removed);
    await change('HospBMSP', 'state', 'key-0', () => removed);
    await expect(verifyReopened()).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
  });

  it('is named when a private value no longer matches its hash', async () => {
    await change('HospBMSP', 'private', '_implicit_org_HospBMSP\0secret', flip(0));
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospBMSP', BLOCKS - 1));
  });

  it('is named when a private value vanished while its hash stands', async () => {
    await change('HospBMSP', 'private', '_implicit_org_HospBMSP\0secret', () => null);
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospBMSP', BLOCKS - 1));
  });

  it('is named when it was exchanged for the ledger of another consortium', async () => {
    await using other = await TemporaryDirectory.create();
    await using foreign = await ToyLedger.open(other.path);
    const block = foreign.peers[0]!.copy.blockBytes(0)!;
    await change('HospCMSP', 'blocks', blockKey(0), () => block);
    await expect(verifyReopened()).rejects.toMatchObject(damageAt('HospCMSP', 0));
  });

  async function lengthOfBlock(mspId: string, number: number): Promise<number> {
    await using ledger = await ToyLedger.open(directory.path);
    return ledger.peer(mspId).copy.blockBytes(number)!.length;
  }
});
