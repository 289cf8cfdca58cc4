import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import type { Modification } from '../support/toy-chaincode.js';
import { ToyLedger } from '../support/toy-ledger.js';

describe('an organization that runs a modified contract', () => {
  let directory: TemporaryDirectory;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
  });
  afterEach(() => directory.remove());

  const openWith = (functions: Modification['functions']) =>
    ToyLedger.open(directory.path, { modification: { mspId: 'HospBMSP', functions } });

  it('is named when it writes something else', async () => {
    await using ledger = await openWith({
      put: async (stub, [key = '']) => {
        await stub.putState(key, Buffer.from('mine'));
        return '';
      },
    });
    await expect(ledger.submit('put', ['key', 'value'])).rejects.toMatchObject({
      code: 'ENDORSEMENT_MISMATCH',
      details: { organizations: 'HospBMSP' },
    });
    expect(await ledger.evaluate('get', ['key'])).toBe('');
  });

  it('is named when it only answers something else', async () => {
    await using ledger = await openWith({ get: () => Promise.resolve('mine') });
    await expect(ledger.submit('get', ['key'])).rejects.toMatchObject({
      code: 'ENDORSEMENT_MISMATCH',
      details: { organizations: 'HospBMSP' },
    });
  });

  it('is named when it refuses alone, with its refusal as the cause', async () => {
    await using ledger = await openWith({ put: () => Promise.reject(new Error('not here')) });
    await expect(ledger.submit('put', ['key', 'value'])).rejects.toMatchObject({
      code: 'ENDORSEMENT_MISMATCH',
      details: { organizations: 'HospBMSP' },
      cause: { code: 'LEDGER_REJECTED' },
    });
  });

  it('cannot commit what it endorses alone', async () => {
    await using ledger = await openWith({});
    await expect(
      ledger.submit('put', ['key', 'mine'], { organizations: ['HospBMSP'] }),
    ).rejects.toThrow(/ENDORSEMENT_POLICY_FAILURE/);
    expect(await ledger.evaluate('get', ['key'])).toBe('');
    await ledger.verify();
  });

  it('does not stop the majority of the others', async () => {
    await using ledger = await openWith({ put: () => Promise.reject(new Error('not here')) });
    const organizations = ['HospAMSP', 'HospCMSP'];
    await ledger.submit('put', ['key', 'value'], { organizations });
    expect(await ledger.evaluate('get', ['key'], { organizations: ['HospBMSP'] })).toBe('value');
    await ledger.verify();
  });
});
