import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { extract, list } from 'tar';
import { makeContractPackage } from '../src/channel/contract-package.js';
import { tempDir } from './support/temp-dir.js';

describe('the contract package', () => {
  it('has one ID for a label, on every machine', () => {
    expect(makeContractPackage('emr_1.0').id).toBe(
      'emr_1.0:3299426bd3915988940e546ad54b245fdaa5e47b0b23141ba3ae37bff9969ea6',
    );
  });

  it('has another ID for another label', () => {
    expect(makeContractPackage('emr_1.1').id).not.toBe(makeContractPackage('emr_1.0').id);
  });

  it('is a chaincode-as-a-service package whose secrets each peer fills in', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'p.tgz'), makeContractPackage('emr_1.0').bytes);
    await extract({ file: join(dir, 'p.tgz'), cwd: dir });
    expect(JSON.parse(await readFile(join(dir, 'metadata.json'), 'utf8'))).toEqual({
      type: 'ccaas',
      label: 'emr_1.0',
    });
    await mkdir(join(dir, 'code'));
    await extract({ file: join(dir, 'code.tar.gz'), cwd: join(dir, 'code') });
    const connection = JSON.parse(
      await readFile(join(dir, 'code', 'connection.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect(connection).toMatchObject({ tls_required: true, client_auth_required: true });
    expect(connection['client_key']).toBe('{{.client_key}}');
  });

  it('carries no owner and no time', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'p.tgz'), makeContractPackage('emr_1.0').bytes);
    const seen: unknown[] = [];
    await list({
      file: join(dir, 'p.tgz'),
      onReadEntry: ({ uid, gid, mtime, mode }) => seen.push([uid, gid, mtime?.getTime(), mode]),
    });
    expect(seen).toEqual([
      [0, 0, 0, 0o644],
      [0, 0, 0, 0o644],
    ]);
  });
});
