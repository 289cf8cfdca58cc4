import { describe, expect, it } from '@jest/globals';
import { isRecoveryCode, Keyring, recoveryCode } from '../src/index.js';

const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

describe('the code of a recovery key', () => {
  it('is 80 bits of its digest, in groups that can be read out', () => {
    expect(recoveryCode(KEY)).toBe('33b0-2798-b2ca-bf0c-5e92');
  });

  it('is recognized however it was typed, and no other key has it', () => {
    const code = recoveryCode(KEY);
    expect(isRecoveryCode(code.toUpperCase().replaceAll('-', ' '), KEY)).toBe(true);
    expect(isRecoveryCode(code.slice(0, -1), KEY)).toBe(false);
    expect(isRecoveryCode('', KEY)).toBe(false);
    expect(isRecoveryCode(code, Keyring.random().readerKeyHex)).toBe(false);
  });
});
