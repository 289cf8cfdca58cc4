/**
 * Numbers of organizations as people type them.
 *
 * @module
 */
import { MAX_CUSTODIANS } from '@emr-share/model';
import { InvalidArgumentError } from 'commander';

/** 0 to 32. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,2}$/.test(text) && count <= MAX_CUSTODIANS) return count;
  throw new InvalidArgumentError('It is a number of organizations, such as 1.');
}

/** How many must answer: 1 to 32. */
export function parseThreshold(text: string): number {
  const threshold = Number(text);
  if (/^[1-9]\d?$/.test(text) && threshold <= MAX_CUSTODIANS) return threshold;
  throw new InvalidArgumentError('It is a number of organizations, such as 2.');
}
