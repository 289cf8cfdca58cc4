import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../src');
const IMPORT = /(?:^|\n)(?:import|export)\s(?:[^;'"]*\sfrom\s)?['"]([^'"]+)['"]/g;
const TYPE_ONLY = /^\s*(?:import|export)\s+type\s/;

/** Every module that the entry loads at run time. */
async function reachable(entry: string): Promise<{ files: string[]; packages: Set<string> }> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const queue = [join(SOURCES, entry)];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [statement, specifier = ''] of (await readFile(file, 'utf8')).matchAll(IMPORT)) {
      if (TYPE_ONLY.test(statement)) continue;
      if (specifier.startsWith('.')) {
        queue.push(join(dirname(file), specifier.replace(/\.js$/, '.ts')));
      } else packages.add(specifier);
    }
  }
  return { files: [...seen], packages };
}

describe('the main entry', () => {
  it('loads nothing that only Node has', async () => {
    const { files, packages } = await reachable('index.ts');
    expect(files.length).toBeGreaterThan(20);
    expect([...packages].filter((name) => name.startsWith('node:'))).toEqual([]);
    expect([...packages].map((name) => name.split('/').slice(0, 2).join('/')).sort()).toEqual(
      expect.arrayContaining(['@emr-share/crypto', '@emr-share/model', 'p-retry']),
    );
  });

  it('is told apart from the entry for Node by this test', async () => {
    const { packages } = await reachable('node.ts');
    expect([...packages]).toContain('node:fs/promises');
  });
});
