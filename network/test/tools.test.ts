import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { create } from 'tar';
import { gzipSync } from 'node:zlib';
import { missingTools, NetworkError, type ProgressEvent, resolveTools } from '../src/index.js';
import { archiveCommit } from '../src/tools/archive.js';
import type { ToolOptions } from '../src/tools/origin.js';
import type { Product } from '../src/tools/product.js';
import { versionIn } from '../src/tools/verify.js';
import {
  makeReleaseArchive,
  PRODUCTS,
  VERSIONS,
  versionReport,
  writeFakeProduct,
  writeProgram,
} from './support/fake-products.js';
import { Mirror } from './support/mirror.js';
import { tempDir } from './support/temp-dir.js';

const [FABRIC, CA, KUBO] = PRODUCTS as [Product, Product, Product];
const SYSTEM_PATH = '/usr/bin:/bin';
const VARIABLES = ['PATH', 'EMR_TOOLS', 'EMR_SOURCES', 'EMR_MIRROR', 'XDG_CACHE_HOME'];
const saved = { ...process.env };

let cacheDir = '';

beforeEach(async () => {
  const kept = Object.entries(saved).filter(([name]) => !VARIABLES.includes(name));
  process.env = { ...Object.fromEntries(kept), PATH: SYSTEM_PATH };
  cacheDir = join(await tempDir(), 'cache');
});

afterEach(() => {
  process.env = saved;
});

/** A mirror with all three releases on it. */
async function releases(
  change: { version?: string } = {},
): Promise<{ mirror: Mirror; url: string }> {
  const mirror = new Mirror();
  const workDir = await tempDir();
  for (const product of PRODUCTS) {
    const file = join(workDir, `${product.name}.tar.gz`);
    await makeReleaseArchive(product, workDir, file, change.version);
    const bytes = await readFile(file);
    mirror.files.set(product.release.path, bytes);
    const sha512 = createHash('sha512').update(bytes).digest('hex');
    mirror.files.set(`${product.release.path}.sha512`, Buffer.from(`${sha512}  kubo.tar.gz\n`));
  }
  return { mirror, url: await mirror.start() };
}

async function failure(options: ToolOptions): Promise<string> {
  try {
    await resolveTools(VERSIONS, options);
  } catch (error) {
    if (NetworkError.is(error, 'TOOL_UNAVAILABLE')) return error.message;
    throw error;
  }
  throw new Error('the tools were found');
}

/** `go` that makes programs which report what the real ones would. */
async function writeFakeGo(dir: string): Promise<void> {
  const version = versionReport(FABRIC);
  await writeProgram(
    join(dir, 'go'),
    `[ "$1" = version ] && exit 0
echo "$PWD $*" >>"${dir}/calls"
out=; targets=
while [ $# -gt 0 ]; do
  case "$1" in -o) out=$2; shift;; ./cmd/*) targets="$targets \${1#./cmd/}";; esac; shift
done
for t in $targets; do
  case $t in ipfs) r='${versionReport(KUBO)}';; fabric-ca-*) r='${versionReport(CA)}';; *) r='${version}';; esac
  printf '#!/bin/sh\\nprintf "%s\\\\n"\\n' "$r" >"$out$t"; chmod +x "$out$t"
done`,
  );
}

/** An archive as `git archive` makes it: a global header that names the commit comes first. */
async function writeSourceArchive(
  product: Product,
  dir: string,
  commit = product.source.commit,
): Promise<void> {
  const tree = join(dir, 'tree', product.source.archive.replace('.tar.gz', ''));
  for (const { moduleDir } of product.source.builds) {
    await mkdir(join(tree, moduleDir), { recursive: true });
  }
  await mkdir(join(tree, 'sampleconfig'), { recursive: true });
  await writeFile(join(tree, 'sampleconfig', 'core.yaml'), 'peer: {}\n');
  await writeFile(join(tree, 'sampleconfig', 'orderer.yaml'), 'General: {}\n');
  const file = join(dir, 'plain.tar');
  await create({ file, cwd: join(dir, 'tree') }, [product.source.archive.replace('.tar.gz', '')]);
  const body = Buffer.alloc(512);
  body.write(`52 comment=${commit}\n`);
  const header = Buffer.alloc(512);
  header.write('pax_global_header', 0);
  header.write('0000666\0' + '0000000\0' + '0000000\0' + '00000000064\0' + '00000000000\0', 100);
  header.write('        ', 148);
  header.write('g', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const bytes = Buffer.concat([header, body, await readFile(file)]);
  await writeFile(join(dir, product.source.archive), gzipSync(bytes));
  await rm(join(dir, 'tree'), { recursive: true });
  await rm(file);
}

async function writeSources(dir: string): Promise<void> {
  for (const product of PRODUCTS) await writeSourceArchive(product, dir);
}

describe('a version report', () => {
  it.each([
    ['peer:\n Version: v3.1.5\n Commit SHA: x\n Go version: go1.26.8\n', '3.1.5'],
    ['fabric-ca-server:\n Version: 1.5.21\n Go version: go1.26\n', '1.5.21'],
    ['0.42.0\n', '0.42.0'],
    ['peer:\n Version: v3.2.0-rc1\n', '3.2.0-rc1'],
    ['peer:\n Version: latest\n Go version: go1.2.3 x\n', null],
    ['', null],
  ])('%j says %p', (report, version) => {
    expect(versionIn(report)).toBe(version);
  });
});

describe('tools in a named folder', () => {
  it('are taken, before any other', async () => {
    const folder = await tempDir();
    for (const product of PRODUCTS) await writeFakeProduct(product, folder);
    const tools = await resolveTools(VERSIONS, { folder, cacheDir });
    expect(tools.report().map(({ origin }) => origin)).toEqual(['folder', 'folder', 'folder']);
    expect(tools.program('peer')).toBe(join(folder, 'bin', 'peer'));
    expect(tools.configDir).toBe(join(folder, 'config'));
    expect(tools.builderDir).toBe(join(folder, 'builders', 'ccaas'));
  });

  it('are found by EMR_TOOLS', async () => {
    const folder = await tempDir();
    for (const product of PRODUCTS) await writeFakeProduct(product, folder);
    process.env['EMR_TOOLS'] = folder;
    const tools = await resolveTools(VERSIONS, { cacheDir });
    expect(tools.program('ipfs')).toBe(join(folder, 'bin', 'ipfs'));
  });

  it('are refused in another version, by their own report', async () => {
    const folder = await tempDir();
    await writeFakeProduct(FABRIC, folder, '2.5.12');
    const message = await failure({
      folder,
      cacheDir,
      sources: await tempDir(),
      mirror: 'http://127.0.0.1:1',
    });
    expect(message).toMatch(/EMR_TOOLS: .*is version 2\.5\.12, not 3\.1\.5/);
  });
});

describe('tools on PATH', () => {
  it('are taken, with the files beside their folder', async () => {
    const folder = await tempDir();
    for (const product of PRODUCTS) await writeFakeProduct(product, folder);
    process.env['PATH'] = `${join(folder, 'bin')}:${SYSTEM_PATH}`;
    const tools = await resolveTools(VERSIONS, { cacheDir });
    expect(tools.report().map(({ origin }) => origin)).toEqual(['path', 'path', 'path']);
    expect(await readFile(join(tools.configDir, 'core.yaml'), 'utf8')).toBe('peer: {}\n');
  });
});

describe('tools from a release mirror', () => {
  it('are fetched, unpacked into the cache and found there from then on', async () => {
    const { mirror, url } = await releases();
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): number => events.push(event);
    const tools = await resolveTools(VERSIONS, { mirror: url, cacheDir, onProgress });
    expect(tools.report().map(({ origin }) => origin)).toEqual(['release', 'release', 'release']);
    expect((await stat(tools.program('ipfs'))).mode & 0o111).not.toBe(0);
    expect(events).toContainEqual({
      kind: 'note',
      text: expect.stringMatching(/Downloading Kubo .*0\.42\.0/) as unknown,
    });
    const before = mirror.requests.length;
    const again = await resolveTools(VERSIONS, { mirror: url, cacheDir });
    expect(again.report().map(({ origin }) => origin)).toEqual(['cache', 'cache', 'cache']);
    expect(mirror.requests).toHaveLength(before);
    expect(await readdir(cacheDir)).toHaveLength(3);
  });

  it('go on where a broken transfer stopped', async () => {
    const { mirror, url } = await releases();
    mirror.breakAfter = 40;
    const options = { mirror: url, cacheDir, sources: await tempDir() };
    await expect(resolveTools(VERSIONS, options)).rejects.toThrow(/release: http/);
    const tools = await resolveTools(VERSIONS, options);
    expect(tools.report()[0]?.origin).toBe('release');
    expect(mirror.requests).toContain(`${FABRIC.release.path} from 40`);
  });

  it('are refused when the published digest is of something else', async () => {
    const { mirror, url } = await releases();
    mirror.files.set(`${KUBO.release.path}.sha512`, Buffer.from('a'.repeat(128)));
    const message = await failure({ mirror: url, cacheDir, sources: await tempDir() });
    expect(message).toMatch(/Kubo.*release: .*it is not the archive it should be/);
    expect((await readdir(cacheDir)).filter((name) => name.startsWith('kubo'))).toEqual([
      expect.stringMatching(/\.work$/),
    ]);
  });

  it('are refused when a digest that was asked for does not hold', async () => {
    const { url } = await releases();
    const releaseDigests = { [FABRIC.release.path.split('/').at(-1) ?? '']: 'b'.repeat(64) };
    const message = await failure({
      mirror: url,
      cacheDir,
      releaseDigests,
      sources: await tempDir(),
    });
    expect(message).toMatch(/Fabric.*it is not the archive it should be/);
  });

  it('are refused when they report another version than their archive', async () => {
    const { url } = await releases({ version: '9.9.9' });
    const message = await failure({ mirror: url, cacheDir, sources: await tempDir() });
    expect(message).toMatch(/release: .*is version 9\.9\.9, not 3\.1\.5/);
  });

  it('never leave their folder', async () => {
    const { mirror, url } = await releases();
    const dir = await tempDir();
    await writeFile(join(dir, 'evil'), 'x');
    await mkdir(join(dir, 'in'));
    const file = join(dir, 'evil.tar.gz');
    await create({ file, gzip: true, cwd: join(dir, 'in'), preservePaths: true }, ['../evil']);
    mirror.files.set(FABRIC.release.path, await readFile(file));
    await failure({ mirror: url, cacheDir, sources: await tempDir() });
    expect((await readdir(cacheDir)).sort()).toEqual([expect.stringMatching(/^fabric-.*\.work$/)]);
  });

  it('are got once when several ask at the same time', async () => {
    const { mirror, url } = await releases();
    const ask = (): Promise<unknown> => resolveTools(VERSIONS, { mirror: url, cacheDir });
    await Promise.all([ask(), ask(), ask()]);
    expect(mirror.requests.filter((path) => path === FABRIC.release.path)).toHaveLength(1);
  });
});

describe('tools from sources', () => {
  it('are built with Go from the archives, with the version in them', async () => {
    const [sources, goDir] = [await tempDir(), await tempDir()];
    await writeSources(sources);
    await writeFakeGo(goDir);
    process.env['PATH'] = `${goDir}:${SYSTEM_PATH}`;
    process.env['EMR_SOURCES'] = sources;
    const notes: string[] = [];
    const tools = await resolveTools(VERSIONS, {
      cacheDir,
      onProgress: (event) => event.kind === 'note' && notes.push(event.text),
    });
    expect(tools.report().map(({ origin }) => origin)).toEqual(['source', 'source', 'source']);
    const calls = await readFile(join(goDir, 'calls'), 'utf8');
    expect(calls).toContain('-X github.com/hyperledger/fabric/common/metadata.Version=v3.1.5');
    expect(calls).toMatch(/ccaas_builder build .*\.\/cmd\/release/);
    expect(notes.join('\n')).toMatch(
      new RegExp(`commit ${FABRIC.source.commit}, SHA-256 [0-9a-f]{64}`),
    );
    expect(notes.join('\n')).toMatch(
      /Building Hyperledger Fabric 3\.1\.5 with Go \(once; about 3 min/,
    );
    expect(await readFile(join(tools.configDir, 'orderer.yaml'), 'utf8')).toBe('General: {}\n');
  });

  it('are refused when the archive is of another commit', async () => {
    const [sources, goDir] = [await tempDir(), await tempDir()];
    await writeSourceArchive(FABRIC, sources, '0'.repeat(40));
    await writeFakeGo(goDir);
    process.env['PATH'] = `${goDir}:${SYSTEM_PATH}`;
    expect(await failure({ sources, cacheDir })).toMatch(
      /source: .*it is of commit 0{40}, not of 86c1172b/,
    );
  });

  it('leave the whole output of a failed build behind', async () => {
    const [sources, goDir] = [await tempDir(), await tempDir()];
    await writeSources(sources);
    await writeProgram(
      join(goDir, 'go'),
      '[ "$1" = version ] && exit 0; echo cannot find main; exit 1',
    );
    process.env['PATH'] = `${goDir}:${SYSTEM_PATH}`;
    const message = await failure({ sources, cacheDir });
    const log = /whole output is in (\S+\.log)/.exec(message)?.[1] ?? '';
    expect(await readFile(log, 'utf8')).toContain('cannot find main');
    expect((await readdir(cacheDir)).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('need Go, and say so', async () => {
    const sources = await tempDir();
    await writeSources(sources);
    const onlyShell = await tempDir();
    process.env['PATH'] = onlyShell;
    expect(await failure({ sources, cacheDir })).toMatch(/Go is needed to build it/);
  });

  it('name the commit that git wrote into them', async () => {
    const dir = await tempDir();
    await writeSourceArchive(KUBO, dir);
    expect(await archiveCommit(join(dir, KUBO.source.archive))).toBe(KUBO.source.commit);
    await writeFile(join(dir, 'other.tar.gz'), gzipSync(Buffer.alloc(1024)));
    expect(await archiveCommit(join(dir, 'other.tar.gz'))).toBeNull();
  });
});

describe('missing tools', () => {
  it('are listed without getting them', async () => {
    const folder = await tempDir();
    await writeFakeProduct(KUBO, folder);
    const missing = await missingTools(VERSIONS, { folder, cacheDir });
    expect(missing.map(({ title }) => title)).toEqual(['Hyperledger Fabric', 'Fabric CA']);
    expect(missing[0]?.tried.join()).toMatch(/EMR_TOOLS: .*PATH: .*cache: /);
  });
});
