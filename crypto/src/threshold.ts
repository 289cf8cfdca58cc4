import { CryptoError } from './crypto-error.js';

/**
 * How many of how many must agree.
 *
 * @throws {@link CryptoError} `THRESHOLD_INVALID` unless 1 ≤ threshold ≤ shares.
 */
export function assertThreshold(threshold: number, shares: number): void {
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
  if (!isCount(threshold) || !isCount(shares) || threshold > shares) {
    throw new CryptoError('THRESHOLD_INVALID', 'expected 1 <= threshold <= shares, both integers');
  }
}
