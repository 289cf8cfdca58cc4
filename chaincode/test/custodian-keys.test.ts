import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sealBox } from '@emr-share/crypto';
import {
  chmod,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { CustodianKeyFiles, ServiceError, type CustodianKey } from '../src/index.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-custodian-'));
  path = join(directory, 'custodian.json');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const context = new TextEncoder().encode('context');
const message = new TextEncoder().encode('a kfrag');

const keyOf = async (generation: number): Promise<CustodianKey> =>
  (await CustodianKeyFiles.open(path)).of(generation)!;

const secretHexIn = async (file: string): Promise<string> =>
  (JSON.parse(await readFile(file, 'utf8')) as { secretKeyHex: string }).secretKeyHex;

describe('CustodianKeyFiles', () => {
  it('makes a key that only its owner can read, and opens the same one again', async () => {
    const first = await CustodianKeyFiles.open(path);
    const again = await CustodianKeyFiles.open(path);
    expect(first.generations).toEqual([1]);
    expect(again.of(1)!.publicKey.equals(first.of(1)!.publicKey)).toBe(true);
    const sealed = sealBox(first.of(1)!.publicKey, message, { context });
    expect(again.of(1)!.open(sealed, context)).toEqual(message);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['custodian.json']);
  });

  it('makes one key when several processes start at once', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => CustodianKeyFiles.open(path)));
    const keys = opened.map((files) => files.of(1)!.publicKey.toString());
    expect(new Set(keys).size).toBe(1);
    expect(await readdir(directory)).toEqual(['custodian.json']);
  });

  it('makes one key when several processes add the same generation at once', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => CustodianKeyFiles.open(path)));
    await Promise.all(opened.map((files) => files.add(2)));
    expect(new Set(opened.map((files) => files.of(2)!.publicKey.toString())).size).toBe(1);
    expect((await readdir(directory)).sort()).toEqual(['custodian.json', 'custodian.json.2']);
  });

  it('sees what another process made and destroyed', async () => {
    const [mine, other] = [await CustodianKeyFiles.open(path), await CustodianKeyFiles.open(path)];
    await other.add(2);
    await mine.refresh();
    expect(mine.generations).toEqual([1, 2]);
    await other.destroyBefore(2);
    await mine.refresh();
    expect(mine.generations).toEqual([2]);
    expect(mine.of(1)).toBeUndefined();
  });

  it('orders generations by number', async () => {
    const files = await CustodianKeyFiles.open(path);
    await files.add(10);
    await files.add(2);
    expect(files.generations).toEqual([1, 2, 10]);
  });

  it('overwrites a key before it removes its file', async () => {
    const files = await CustodianKeyFiles.open(path);
    const secret = await secretHexIn(path);
    await files.add(2);
    // A handle sees the bytes of a file that has no name any more.
    const handle = await open(path, 'r');
    await files.destroyBefore(2);
    const left = await handle.readFile('latin1');
    await handle.close();
    expect(left).toHaveLength((await readFile(`${path}.2`, 'latin1')).length);
    expect(left).not.toContain(secret);
    expect(await readdir(directory)).toEqual(['custodian.json.2']);
  });

  it('takes a repeat, and never destroys the newest key', async () => {
    const files = await CustodianKeyFiles.open(path);
    await files.add(2);
    await files.destroyBefore(2);
    await files.destroyBefore(2);
    await expect(files.destroyBefore(3)).rejects.toThrow(RangeError);
    expect(files.generations).toEqual([2]);
  });

  it('completes a destruction that a crash cut off', async () => {
    const files = await CustodianKeyFiles.open(path);
    await files.add(2);
    await rename(path, `${path}.destroyed`);
    expect((await CustodianKeyFiles.open(path)).generations).toEqual([2]);
    expect(await readdir(directory)).toEqual(['custodian.json.2']);
  });

  it('refuses a file that other users can read', async () => {
    await CustodianKeyFiles.open(path);
    await chmod(path, 0o640);
    await expect(CustodianKeyFiles.open(path)).rejects.toThrow(`chmod 600 ${path}`);
  });

  it.each([
    ['nothing', ''],
    ['half a file', '{"version":1,"generation":1,"secretKeyHex":"00'],
    ['another version', `{"version":2,"generation":1,"secretKeyHex":"${'1'.repeat(64)}"}`],
    ['no generation', `{"version":1,"secretKeyHex":"${'1'.repeat(64)}"}`],
    ['generation 0', `{"version":1,"generation":0,"secretKeyHex":"${'1'.repeat(64)}"}`],
    ['no key', '{"version":1,"generation":1}'],
    ['a short key', '{"version":1,"generation":1,"secretKeyHex":"11"}'],
    ['a key of zero', `{"version":1,"generation":1,"secretKeyHex":"${'0'.repeat(64)}"}`],
    ['null', 'null'],
  ])('refuses a file with %s, and leaves it as it is', async (_what, text) => {
    await writeFile(path, text, { mode: 0o600 });
    await expect(CustodianKeyFiles.open(path)).rejects.toThrow(ServiceError);
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

describe('CustodianSecret', () => {
  it('derives the same stream for the same context, and another for another', async () => {
    const [custodian, again] = [await keyOf(1), await keyOf(1)];
    expect(again.proofRng(context)(32)).toEqual(custodian.proofRng(context)(32));
    expect(custodian.proofRng(message)(32)).not.toEqual(custodian.proofRng(context)(32));
  });

  it('seals the same message to the same box, and opens it', async () => {
    const [custodian, again] = [await keyOf(1), await keyOf(1)];
    const box = custodian.seal(message, context);
    expect(again.seal(message, context)).toEqual(box);
    expect(custodian.open(box, context)).toEqual(message);
    expect(custodian.seal(context, context)).not.toEqual(box);
  });

  it('differs from custodian to custodian', async () => {
    const custodian = await keyOf(1);
    const other = (await CustodianKeyFiles.open(join(directory, 'other.json'))).of(1)!;
    expect(other.proofRng(context)(32)).not.toEqual(custodian.proofRng(context)(32));
  });

  it('never prints its key', async () => {
    const files = await CustodianKeyFiles.open(path);
    const secretKeyHex = await secretHexIn(path);
    for (const printed of [files, files.of(1)]) {
      for (const text of [
        inspect(printed, { depth: 9, showHidden: true }),
        JSON.stringify(printed),
      ]) {
        expect(text).not.toContain(secretKeyHex);
      }
    }
  });
});
