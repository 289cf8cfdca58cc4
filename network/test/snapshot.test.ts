import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { archive } from '../src/snapshot/archive.js';
import { contentOf } from '../src/snapshot/folder-content.js';
import { CONTENT, MANIFEST } from '../src/snapshot/manifest.js';
import { restoreSnapshot } from '../src/snapshot/restore-snapshot.js';
import { END_OF_ARCHIVE, headerOf, paddingAfter } from '../src/snapshot/tar-entries.js';
import { tempDir } from './support/temp-dir.js';

const FACTS = {
  network: 'dev',
  channel: 'emr',
  host: null,
  takenAt: '2026-01-01T00:00:00.000Z',
  heights: { 'peer0.hospa': 12 },
};
/** As peers name the builds of their contracts. */
const LONG = `data/peer0.hospa/externalbuilder/builds/emr_1.0-${'0a'.repeat(32)}`;
const LARGE = Buffer.alloc(300_000, 'ledger');

let source: string;
let target: string;

beforeEach(async () => {
  source = await tempDir();
  target = join(await tempDir(), 'restored');
  await mkdir(join(source, 'organizations', 'hospa'), { recursive: true, mode: 0o700 });
  await mkdir(join(source, 'empty'), { mode: 0o700 });
  await mkdir(join(source, LONG), { recursive: true, mode: 0o700 });
  await writeFile(join(source, LONG, 'connection.json'), '{}');
  await mkdir(join(source, 'run'));
  await writeFile(join(source, 'organizations', 'hospa', 'key.pem'), 'secret', { mode: 0o600 });
  await writeFile(join(source, 'state.json'), '{}', { mode: 0o644 });
  await writeFile(join(source, 'blocks'), LARGE, { mode: 0o640 });
  await chmod(join(source, 'blocks'), 0o640);
  await writeFile(join(source, 'nothing'), '');
  await writeFile(join(source, 'run', 'peer0.hospa.json'), '{"pid":1}');
  await writeFile(join(source, 'lock'), 'us');
});

async function taken(): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const content = await contentOf(source);
  for await (const piece of archive(source, content, FACTS, () => undefined)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** In pieces that are cut anywhere. */
async function* inPieces(bytes: Uint8Array, size = 777): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

/** Expects that nothing was left, not even aside. */
async function expectNothing(): Promise<void> {
  const names = await readdir(dirname(target));
  expect(names.filter((name) => name.startsWith(basename(target)))).toEqual([]);
}

async function expectInvalid(bytes: Uint8Array, problem: string): Promise<void> {
  await expect(restoreSnapshot(target, inPieces(bytes))).rejects.toMatchObject({
    code: 'SNAPSHOT_INVALID',
    details: { problem: expect.stringContaining(problem) as unknown },
  });
  await expectNothing();
}

const fileEntry = (path: string, content: string): Buffer => {
  const bytes = Buffer.from(content);
  const header = headerOf({ path, type: 'File', mode: 0o600, bytes: bytes.length });
  return Buffer.concat([header, bytes, paddingAfter(bytes.length)]);
};

describe('a snapshot', () => {
  it('is restored with the same files, folders and modes, without processes and locks', async () => {
    const report = await restoreSnapshot(target, inPieces(await taken()));
    expect(report).toMatchObject({
      dir: target,
      network: 'dev',
      heights: { 'peer0.hospa': 12 },
      files: 5,
      bytes: LARGE.length + 'secret'.length + 2 * '{}'.length,
    });
    expect((await readdir(target)).sort()).toEqual(
      ['blocks', 'data', 'empty', 'nothing', 'organizations', 'state.json'].sort(),
    );
    expect(await readFile(join(target, 'blocks'))).toEqual(LARGE);
    expect(await readFile(join(target, LONG, 'connection.json'), 'utf8')).toBe('{}');
    expect(await readFile(join(target, 'organizations/hospa/key.pem'), 'utf8')).toBe('secret');
    const modes = ['blocks', 'organizations/hospa/key.pem', 'organizations/hospa', 'empty'];
    const found = await Promise.all(modes.map(async (path) => stat(join(target, path))));
    expect(found.map(({ mode }) => (mode & 0o777).toString(8))).toEqual([
      '640',
      '600',
      '700',
      '700',
    ]);
  });

  it('is restored into an empty folder, and never into another', async () => {
    const bytes = await taken();
    await mkdir(target);
    await restoreSnapshot(target, inPieces(bytes));
    await expect(restoreSnapshot(target, inPieces(bytes))).rejects.toMatchObject({
      code: 'RESTORE_TARGET_TAKEN',
    });
    expect(await readFile(join(target, 'state.json'), 'utf8')).toBe('{}');
  });

  it('is refused where one byte of a file differs, and leaves nothing', async () => {
    const bytes = await taken();
    bytes[bytes.indexOf('ledgerledger') + 200_000] = 0;
    await expectInvalid(bytes, 'blocks is not what its manifest says');
  });

  it('is refused where it was cut off, wherever that was', async () => {
    const bytes = await taken();
    await expectInvalid(bytes.subarray(0, 0), 'it ends in the middle');
    await expectInvalid(bytes.subarray(0, 100_000), 'it ends in the middle');
    const manifestAt = bytes.indexOf(MANIFEST);
    await expectInvalid(bytes.subarray(0, manifestAt), 'it ends in the middle');
    const withoutManifest = Buffer.concat([bytes.subarray(0, manifestAt), END_OF_ARCHIVE]);
    await expectInvalid(withoutManifest, 'no manifest');
  });

  it('is refused where it holds a file that its manifest does not name', async () => {
    const bytes = await taken();
    const more = Buffer.concat([fileEntry(`${CONTENT}more`, 'more'), bytes]);
    await expectInvalid(more, 'other files than its manifest says');
    const twice = Buffer.concat([fileEntry(`${CONTENT}nothing`, ''), bytes]);
    await expectInvalid(twice, 'nothing is there twice');
  });

  it.each([`${CONTENT}../escaped`, `${CONTENT}a/../../escaped`, '/etc/escaped', 'escaped'])(
    'is refused where a name leads out of the folder: %s',
    async (path) => {
      const bytes = Buffer.concat([fileEntry(path, 'x'), END_OF_ARCHIVE]);
      await expectInvalid(bytes, "does not belong into a network's folder");
    },
  );

  it('is refused where it holds a link', async () => {
    const header = Buffer.from(fileEntry(`${CONTENT}link`, ''));
    header[156] = '2'.charCodeAt(0);
    header.write('        ', 148);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expectInvalid(Buffer.concat([header, END_OF_ARCHIVE]), 'SymbolicLink');
  });

  it('is refused where it is something else', async () => {
    await expectInvalid(Buffer.alloc(2048, 'x'), 'it is no snapshot');
  });

  it('is not taken of a folder with a link in it, nor of a file that grows meanwhile', async () => {
    await writeFile(join(source, 'growing'), 'a');
    const content = await contentOf(source);
    await writeFile(join(source, 'growing'), 'ab');
    const drain = async (): Promise<void> => {
      for await (const _piece of archive(source, content, FACTS, () => undefined));
    };
    await expect(drain()).rejects.toMatchObject({ code: 'STATE_INVALID' });
    await symlink('/etc/passwd', join(source, 'link'));
    await expect(contentOf(source)).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });

  it('is not restored where the caller gives up', async () => {
    const controller = new AbortController();
    controller.abort(new Error('no more'));
    const options = { signal: controller.signal };
    const call = restoreSnapshot(target, inPieces(await taken()), options);
    await expect(call).rejects.toThrow('no more');
    await expectNothing();
  });
});
