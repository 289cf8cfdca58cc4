import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sealBox } from '@emr-share/crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { openCustodianFile, ServiceError } from '../src/index.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-custodian-'));
  path = join(directory, 'custodian.json');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const context = new TextEncoder().encode('context');
const message = new TextEncoder().encode('a kfrag');

describe('openCustodianFile', () => {
  it('makes a key that only its owner can read, and opens the same one again', async () => {
    const first = await openCustodianFile(path);
    const again = await openCustodianFile(path);
    expect(first.generation).toBe(1);
    expect(again.custodian.publicKey.equals(first.custodian.publicKey)).toBe(true);
    const sealed = sealBox(first.custodian.publicKey, message, { context });
    expect(again.custodian.open(sealed, context)).toEqual(message);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['custodian.json']);
  });

  it('makes one key when several processes start at once', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => openCustodianFile(path)));
    const keys = opened.map(({ custodian }) => custodian.publicKey.toString());
    expect(new Set(keys).size).toBe(1);
    expect(await readdir(directory)).toEqual(['custodian.json']);
  });

  it('refuses a file that other users can read', async () => {
    await openCustodianFile(path);
    await chmod(path, 0o640);
    await expect(openCustodianFile(path)).rejects.toThrow(`chmod 600 ${path}`);
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
    await expect(openCustodianFile(path)).rejects.toThrow(ServiceError);
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

describe('CustodianSecret', () => {
  it('derives the same stream for the same context, and another for another', async () => {
    const { custodian } = await openCustodianFile(path);
    const again = (await openCustodianFile(path)).custodian;
    expect(again.proofRng(context)(32)).toEqual(custodian.proofRng(context)(32));
    expect(custodian.proofRng(message)(32)).not.toEqual(custodian.proofRng(context)(32));
  });

  it('differs from custodian to custodian', async () => {
    const { custodian } = await openCustodianFile(path);
    const other = (await openCustodianFile(join(directory, 'other.json'))).custodian;
    expect(other.proofRng(context)(32)).not.toEqual(custodian.proofRng(context)(32));
  });

  it('never prints its key', async () => {
    const { custodian } = await openCustodianFile(path);
    const { secretKeyHex } = JSON.parse(await readFile(path, 'utf8')) as { secretKeyHex: string };
    for (const text of [
      inspect(custodian, { depth: 9, showHidden: true }),
      JSON.stringify(custodian),
    ]) {
      expect(text).not.toContain(secretKeyHex);
    }
  });
});
