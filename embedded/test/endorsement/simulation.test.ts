import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { MSP_IDS, ToyLedger } from '../support/toy-ledger.js';

describe('a simulation', () => {
  let directory: TemporaryDirectory;
  let ledger: ToyLedger;

  beforeAll(async () => {
    directory = await TemporaryDirectory.create();
    ledger = await ToyLedger.open(directory.path);
    for (const key of ['a1', 'a2', 'a3', 'b1'])
      await ledger.submit('put', [key, `value of ${key}`]);
    for (const part of ['1', '2', '3']) await ledger.submit('composite', ['thing', 'x', part]);
    await ledger.submit('composite', ['thing', 'y', '1']);
  });
  afterAll(async () => {
    await ledger.close();
    await directory.remove();
  });

  it('reads what is committed and never its own writes', async () => {
    expect(await ledger.evaluate('get', ['a1'])).toBe('value of a1');
    expect(await ledger.evaluate('get', ['nothing'])).toBe('');
    expect(await ledger.evaluate('putAndGet', ['a1', 'new'])).toBe('value of a1');
  });

  it('changes nothing when it is only evaluated', async () => {
    await ledger.evaluate('put', ['evaluated', '1']);
    expect(await ledger.evaluate('get', ['evaluated'])).toBe('');
  });

  it('deletes', async () => {
    await ledger.submit('put', ['gone', '1']);
    await ledger.submit('delete', ['gone']);
    expect(await ledger.evaluate('get', ['gone'])).toBe('');
  });

  it('reads ranges in key order, without composite keys, from start to before end', async () => {
    expect(await ledger.evaluate('range', ['a1', 'a3'])).toBe('a1,a2');
    expect((await ledger.evaluate('range', ['', ''])).split(',').slice(0, 4)).toEqual([
      'a1',
      'a2',
      'a3',
      'b1',
    ]);
  });

  it('pages through a range with a bookmark that ends empty', async () => {
    const page = async (bookmark: string) =>
      JSON.parse(await ledger.evaluate('page', ['a', 'c', '3', bookmark])) as unknown;
    expect(await page('')).toEqual({
      keys: ['a1', 'a2', 'a3'],
      fetchedRecordsCount: 3,
      bookmark: 'b1',
    });
    expect(await page('b1')).toEqual({ keys: ['b1'], fetchedRecordsCount: 1, bookmark: '' });
  });

  it('pages through composite keys of one prefix', async () => {
    const page = async (bookmark: string) =>
      JSON.parse(await ledger.evaluate('compositePage', ['thing', 'x', '2', bookmark])) as {
        keys: string[];
        bookmark: string;
      };
    const first = await page('');
    expect(first.keys).toEqual(['x/1', 'x/2']);
    expect(await page(first.bookmark)).toEqual({ keys: ['x/3'], bookmark: '' });
  });

  it('refuses to write after a page, which nothing guards against phantoms', async () => {
    await expect(ledger.submit('pageAndPut', ['a', 'c'])).rejects.toThrow(/read-only/);
  });

  it('refuses an empty key', async () => {
    await expect(ledger.submit('put', ['', 'x'])).rejects.toMatchObject({
      code: 'LEDGER_REJECTED',
    });
  });

  it('runs at every organization under its own name', async () => {
    for (const mspId of MSP_IDS) {
      expect(await ledger.evaluate('who', [], { organizations: [mspId] })).toBe(
        `HospAMSP at ${mspId}`,
      );
    }
  });

  it("hands on the contract's own error, and anything else as a refusal", async () => {
    await expect(ledger.submit('refuse', [])).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
      details: { userId: 'nobody' },
    });
    await expect(ledger.submit('crash', [])).rejects.toMatchObject({
      code: 'LEDGER_REJECTED',
      details: { problem: 'a mistake' },
    });
  });
});
