/**
 * The example of the README is this program, and it runs.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { recordFiles } from '../support/record-files.js';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const before = process.cwd();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-example-'));
  process.chdir(directory);
});
afterEach(async () => {
  process.chdir(before);
  await rm(directory, { recursive: true });
});

describe('the example of the README', () => {
  it('is the program of test/examples, word for word', async () => {
    const program = await readFile(join(ROOT, 'test/examples/share-record.ts'), 'utf8');
    expect(await readFile(join(ROOT, 'README.md'), 'utf8')).toContain(`\`\`\`ts\n${program}\`\`\``);
  });

  it('runs, and prints what it did', async () => {
    const [bundle] = await recordFiles();
    await writeFile('bundle.json', bundle!.bytes);
    const printed: unknown[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation((line) => printed.push(line));
    try {
      await import('../examples/share-record.js');
      await (await import('../examples/setup.js')).close();
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual([
      expect.stringMatching(`^${bundle!.bytes.length} bytes, ticket [0-9a-f]{32}$`),
      expect.stringMatching(/^grant [0-9a-f]{32} was revoked at 20/),
    ]);
  });
});
