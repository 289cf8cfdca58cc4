/**
 * What the person at the new device reads out, and the approver compares: a digest of the key that
 * shares will be sealed to.
 *
 * @module
 */
import { bytesToHex, concatBytes, hexToBytes, sha256, utf8ToBytes } from '../bytes.js';

const LABEL = utf8ToBytes('emr-share/recovery-code/v1\0');
/** 80 bits: to make a key with a given code takes 2^80 tries. */
const CODE_BYTES = 10;

/**
 * The code of a recovery key: five groups of four hex digits, such as `1f0c-88ab-…`.
 *
 * @param recoveryKeyHex - 33 bytes as hex.
 * @see docs/protocol.md §8.9
 */
export function recoveryCode(recoveryKeyHex: string): string {
  const digest = sha256(concatBytes(LABEL, hexToBytes(recoveryKeyHex)));
  const digits = bytesToHex(digest.slice(0, CODE_BYTES));
  return digits.replace(/(.{4})(?=.)/g, '$1-');
}

/** Whether `typed` is the code of the key; case, spaces and hyphens do not matter. */
export function isRecoveryCode(typed: string, recoveryKeyHex: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/[\s-]/g, '');
  return bare(typed) === bare(recoveryCode(recoveryKeyHex));
}
