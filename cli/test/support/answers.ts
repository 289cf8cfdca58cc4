import { expect } from '@jest/globals';
import type { Ran } from './capture.js';

/** What a call with `--json` answers; it must have succeeded, and warned of nothing. */
export function answerOf({ exitCode, stdout, stderr }: Ran): unknown {
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** The error that a call with `--json` says it was refused with. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What a call with `--json` was refused with; it must have answered nothing. */
export function refusalOf({ stdout, stderr }: Ran): Refusal {
  expect(stdout).toBe('');
  return (JSON.parse(stderr) as { readonly error: Refusal }).error;
}
