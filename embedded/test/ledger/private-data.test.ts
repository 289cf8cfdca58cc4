import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sha256Hex } from '../../src/hash.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { MSP_IDS, ToyLedger } from '../support/toy-ledger.js';

const OWNER = { organizations: ['HospAMSP'] };

describe('private data', () => {
  let directory: TemporaryDirectory;
  let ledger: ToyLedger;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
    ledger = await ToyLedger.open(directory.path);
  });
  afterEach(async () => {
    await ledger.close();
    await directory.remove();
  });

  const put = (value: Uint8Array, key = 'secret') =>
    ledger.submit('putPrivate', ['HospAMSP', key], { ...OWNER, transient: { value } });

  /** Files of the whole consortium that contain some bytes. */
  async function filesWith(bytes: Buffer): Promise<string[]> {
    const names = await readdir(directory.path, { recursive: true, withFileTypes: true });
    const files = names.filter((name) => name.isFile());
    const found: string[] = [];
    for (const { parentPath, name } of files) {
      const content = await readFile(join(parentPath, name)).catch(() => Buffer.alloc(0));
      if (content.includes(bytes)) found.push(join(parentPath, name).slice(directory.path.length));
    }
    return found;
  }

  it('is with its organization, and its hash with everybody', async () => {
    const value = Buffer.from('only A has this');
    await put(value);
    expect(await ledger.evaluate('getPrivate', ['HospAMSP', 'secret'], OWNER)).toBe(
      'only A has this',
    );
    for (const mspId of MSP_IDS) {
      const at = { organizations: [mspId] };
      expect(await ledger.evaluate('hash', ['HospAMSP', 'secret'], at)).toBe(sha256Hex(value));
    }
    await ledger.verify();
  });

  it("cannot be read at another organization's peer", async () => {
    await put(Buffer.from('x'));
    await expect(
      ledger.evaluate('getPrivate', ['HospAMSP', 'secret'], { organizations: ['HospBMSP'] }),
    ).rejects.toThrow(/private data matching public hash version is not available/);
    expect(await ledger.evaluate('getPrivate', ['HospBMSP', 'secret'], OWNER)).toBe('');
  });

  it('stands nowhere but in the database of its organization', async () => {
    const value = randomBytes(64);
    await put(value);
    for (const path of await filesWith(value)) {
      expect(path).toMatch(/^\/organizations\/HospAMSP\/ledger\//);
    }
    expect(await filesWith(value)).not.toEqual([]);
  });

  it('needs its own organization to endorse it', async () => {
    const value = Buffer.from('x');
    await expect(
      ledger.submit('putPrivate', ['HospAMSP', 'secret'], {
        organizations: ['HospBMSP', 'HospCMSP'],
        transient: { value },
      }),
    ).rejects.toThrow(/ENDORSEMENT_POLICY_FAILURE/);
    expect(await ledger.evaluate('hash', ['HospAMSP', 'secret'], OWNER)).toBe('');
  });

  it('cannot be written together with public state by one organization alone', async () => {
    await expect(ledger.submit('putBoth', ['HospAMSP', 'k'], OWNER)).rejects.toThrow(
      /ENDORSEMENT_POLICY_FAILURE/,
    );
    expect(await ledger.evaluate('get', ['k'])).toBe('');
    expect(await ledger.evaluate('hash', ['HospAMSP', 'k'], OWNER)).toBe('');
  });

  it('leaves nothing staged when its transaction fails', async () => {
    await expect(ledger.submit('putBoth', ['HospAMSP', 'k'], OWNER)).rejects.toThrow();
    const staged: string[] = [];
    for await (const key of ledger.peer('HospAMSP').copy.tables.staged.keys()) staged.push(key);
    expect(staged).toEqual([]);
  });

  it('is deleted with its hash', async () => {
    await put(Buffer.from('x'));
    await ledger.submit('deletePrivate', ['HospAMSP', 'secret'], OWNER);
    expect(await ledger.evaluate('getPrivate', ['HospAMSP', 'secret'], OWNER)).toBe('');
    expect(await ledger.evaluate('hash', ['HospAMSP', 'secret'], OWNER)).toBe('');
    await ledger.verify();
  });

  it('is out of every file once its purge is acknowledged', async () => {
    const values = Array.from({ length: 3 }, () => randomBytes(400));
    const kept = randomBytes(400);
    for (const value of values) await put(value);
    await put(kept, 'kept');
    await ledger.submit('purge', ['HospAMSP', 'secret'], OWNER);
    for (const value of values) expect(await filesWith(value)).toEqual([]);
    expect(await filesWith(kept)).not.toEqual([]);
    expect(await ledger.evaluate('hash', ['HospAMSP', 'secret'], OWNER)).toBe('');
    await ledger.verify();
  });

  it('is out of every file after a purge, also where compactions went before', async () => {
    const value = randomBytes(400);
    await put(value);
    // The value reaches a deep level of the database, and others lie around it.
    await ledger.peer('HospAMSP').copy.compact();
    for (let i = 0; i < 5; i++) await put(randomBytes(400), `other-${i}`);
    await ledger.submit('purge', ['HospAMSP', 'secret'], OWNER);
    expect(await filesWith(value)).toEqual([]);
    await ledger.verify();
  });

  it('is compacted at the next start when a kill came between purge and compaction', async () => {
    const value = randomBytes(400);
    await put(value);
    const { copy } = ledger.peer('HospAMSP');
    copy.compact = () => Promise.reject(new Error('killed'));
    await expect(ledger.submit('purge', ['HospAMSP', 'secret'], OWNER)).rejects.toMatchObject({
      code: 'COMMIT_UNKNOWN',
    });
    expect(await filesWith(value)).not.toEqual([]);
    await ledger.close();
    ledger = await ToyLedger.open(directory.path);
    expect(await filesWith(value)).toEqual([]);
    expect(await ledger.evaluate('hash', ['HospAMSP', 'secret'], OWNER)).toBe('');
  });

  it('conflicts like public state', async () => {
    await put(Buffer.from('1'));
    await ledger.submit('purge', ['HospAMSP', 'secret'], OWNER);
    await put(Buffer.from('2'));
    expect(await ledger.evaluate('getPrivate', ['HospAMSP', 'secret'], OWNER)).toBe('2');
    await ledger.verify();
  });

  it('refuses transient data other than the proposal names', async () => {
    const { deployment, identity } = ledger;
    const invocation = {
      transaction: 'putPrivate',
      args: ['HospAMSP', 'k'],
      ...OWNER,
      transient: { value: Buffer.from('x') },
    };
    const channel = deployment.channel;
    const swapped = {
      ...identity,
      sign: (digest: Uint8Array) => {
        invocation.transient.value[0] = 0x79;
        return identity.sign(digest);
      },
    };
    await expect(channel.submit(swapped, invocation)).rejects.toThrow(/transient data/);
  });
});
