import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmrError } from '@emr-share/model';
import { ConsortiumPaths } from '../../src/consortium-paths.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { ToyLedger } from '../support/toy-ledger.js';

const KEYS = Array.from({ length: 8 }, (_, i) => `key-${i}`);
const FLIPS = 16;

describe("a byte flipped in any file of one organization's database", () => {
  let pristine: TemporaryDirectory;
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    pristine = await TemporaryDirectory.create();
    directory = await TemporaryDirectory.create();
    const ledger = await ToyLedger.open(pristine.path);
    for (const key of KEYS.slice(0, 4)) await ledger.submit('put', [key, key.repeat(50)]);
    // Half of it in a table file, half of it in the log.
    await ledger.peer('HospBMSP').copy.compact();
    for (const key of KEYS.slice(4)) await ledger.submit('put', [key, key.repeat(50)]);
    await ledger.close();
  });
  afterAll(async () => {
    await pristine.remove();
    await directory.remove();
  });

  /** `healed`: everything is there and verifies. */
  async function outcome(): Promise<string> {
    try {
      await using ledger = await ToyLedger.open(directory.path);
      await ledger.verify();
      for (const key of KEYS) {
        expect(await ledger.evaluate('get', [key], { organizations: ['HospBMSP'] })).toBe(
          key.repeat(50),
        );
      }
      return 'healed';
    } catch (error) {
      if (EmrError.is(error, 'LEDGER_CORRUPT')) return `${error.code} ${error.details.mspId}`;
      throw error;
    }
  }

  it('is healed from the others or named, and never served', async () => {
    const { ledger } = new ConsortiumPaths(pristine.path).organization('HospBMSP');
    const names = (await readdir(ledger)).filter((name) =>
      /\.(log|ldb)$|MANIFEST|CURRENT/.test(name),
    );
    for (let i = 0; i < FLIPS; i++) {
      await rm(directory.path, { recursive: true });
      await cp(pristine.path, directory.path, { recursive: true });
      const name = names[i % names.length]!;
      const path = join(new ConsortiumPaths(directory.path).organization('HospBMSP').ledger, name);
      const bytes = await readFile(path);
      const at = Math.floor(Math.random() * bytes.length);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (i % 8)), at);
      await writeFile(path, bytes);
      expect({ name, at, bit: i % 8, found: await outcome() }).toEqual({
        name,
        at,
        bit: i % 8,
        found: expect.stringMatching(/^(healed|LEDGER_CORRUPT HospBMSP)$/) as unknown,
      });
    }
  });
});
