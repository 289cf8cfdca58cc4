import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readBytes } from '@emr-share/gateway-client';
import { fileSource } from '@emr-share/gateway-client/node';
import { codeOf } from '../support/refusal.js';
import { counting } from '../support/streams.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('fileSource', () => {
  it.each([0, 1, 3_000_000])('reads a file of %d bytes, again and again', async (length) => {
    const path = join(directory, `file-${length}`);
    const content = counting(length);
    await writeFile(path, content);
    const source = await fileSource(path);
    expect(source.sizeBytes).toBe(length);
    for (let i = 0; i < 2; i++) {
      expect(Buffer.from(await readBytes(source.open())).equals(content)).toBe(true);
    }
  });

  it('refuses a directory and a file that is not there', async () => {
    expect(await codeOf(() => fileSource(directory))).toBe('SOURCE_FAILED');
    expect(await codeOf(() => fileSource(join(directory, 'none')))).toBe('SOURCE_FAILED');
  });
});
