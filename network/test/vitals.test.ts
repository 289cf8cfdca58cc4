import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { boundLog } from '../src/process/bound-log.js';
import { MetricsPage } from '../src/nodes/metrics-page.js';
import { tempDir } from './support/temp-dir.js';

describe('a log', () => {
  it('that is too long is kept once aside, and begun anew', async () => {
    const path = join(await tempDir(), 'peer0.log');
    await writeFile(path, 'a long line\n');
    expect(await boundLog(path, 100)).toBe(false);
    expect(await boundLog(path, 5)).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('');
    expect(await readFile(`${path}.1`, 'utf8')).toBe('a long line\n');
  });

  it('that is not there is no trouble', async () => {
    expect(await boundLog(join(await tempDir(), 'none.log'), 5)).toBe(false);
  });
});

describe('a page of metrics', () => {
  const page = new MetricsPage(`# HELP ledger_transaction_count x
ledger_transaction_count{channel="emr",validation_code="VALID"} 7
ledger_transaction_count{channel="emr",validation_code="MVCC_READ_CONFLICT"} 2
ledger_transaction_count{channel="other",validation_code="VALID"} 100
process_start_time_seconds 1.5e+09
broken{channel="emr"} NaN`);

  it('is summed over the labels that are not asked for', () => {
    expect(page.sum('ledger_transaction_count', { channel: 'emr' })).toBe(9);
    expect(page.sum('process_start_time_seconds')).toBe(1.5e9);
  });

  it('has nothing to say of what is not there, or no number', () => {
    expect(page.sum('ledger_transaction_count', { channel: 'none' })).toBeNull();
    expect(page.sum('nothing')).toBeNull();
    expect(page.sum('broken')).toBeNull();
  });
});
