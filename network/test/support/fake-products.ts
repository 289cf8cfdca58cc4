import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { currentPlatform, type Product, productsOf } from '../../src/tools/product.js';

export const VERSIONS = { fabric: '3.1.5', fabricCa: '1.5.21', kubo: '0.42.0' };

export const PRODUCTS = productsOf(VERSIONS, currentPlatform());

export async function writeProgram(path: string, script: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** What the real programs print when asked for their version. */
export function versionReport(product: Product, version = product.version): string {
  if (product.name === 'kubo') return version;
  return `program:\\n Version: ${product.name === 'fabric' ? 'v' : ''}${version}\\n Go version: go1`;
}

/** A product whose programs only report a version; laid out as in our cache. */
export async function writeFakeProduct(
  product: Product,
  dir: string,
  version?: string,
): Promise<void> {
  for (const { path } of product.programs) {
    await writeProgram(join(dir, path), `printf '${versionReport(product, version)}\\n'`);
  }
  for (const file of product.files) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), 'peer: {}\n');
  }
}

/** The product's release archive as the project publishes it, with fake programs in it. */
export async function makeReleaseArchive(
  product: Product,
  workDir: string,
  file: string,
  version?: string,
): Promise<void> {
  const { root, moves } = product.release;
  const content = join(workDir, `${product.name}-content`, root);
  await writeFakeProduct(product, content, version);
  for (const from of Object.keys(moves)) {
    await writeProgram(join(content, from), `printf '${versionReport(product, version)}\\n'`);
  }
  await mkdir(dirname(file), { recursive: true });
  const entries = root === '' ? ['bin', 'config', 'builders'] : [root];
  const existing = root === '' && product.files.length === 0 ? ['bin'] : entries;
  await create({ file, gzip: true, cwd: join(workDir, `${product.name}-content`) }, existing);
}
