import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '@emr-share/model';
import { EXIT_CODES, exitCodeOf } from '../../src/errors/exit-code.js';

describe('exitCodeOf', () => {
  it.each(ERROR_CODES)('maps %s to a documented exit code other than 0', (code) => {
    const exitCode = exitCodeOf(code);
    expect(Object.keys(EXIT_CODES)).toContain(String(exitCode));
    expect(exitCode).not.toBe(0);
  });

  it.each([
    ['USAGE', 2],
    ['ACCESS_DENIED', 3],
    ['RECORD_NOT_FOUND', 4],
    ['RECORD_EXISTS', 5],
    ['BLOB_CORRUPT', 6],
    ['LEDGER_BUSY', 7],
    ['KEYSTORE_LOCKED', 8],
    ['INTERRUPTED', 130],
  ] as const)('gives %s the exit code %i', (code, exitCode) => {
    expect(exitCodeOf(code)).toBe(exitCode);
  });
});
