/**
 * Key wraps: a record's DEK, encapsulated for one scope.
 *
 * @module
 */
import { Capsule, encrypt, type PublicKey, type Rng } from '@emr-share/crypto';
import type { KeyWrap, ScopeId } from '@emr-share/model';
import { bytesToHex, hexToBytes } from './bytes.js';
import { decoding } from './crypto-failure.js';

/** Size of a data encryption key. */
export const DEK_BYTES = 32;

/** Encapsulates a DEK so that the scope's delegating key, or a delegatee of it, opens it. */
export function wrapDek(
  dek: Uint8Array,
  scope: { readonly scopeId: ScopeId; readonly delegatingPk: PublicKey },
  rng: Rng,
): KeyWrap {
  const [capsule, encryptedDek] = encrypt(scope.delegatingPk, dek, { rng });
  return {
    scopeId: scope.scopeId,
    capsule: bytesToHex(capsule.toBytesSimple()),
    encryptedDek: bytesToHex(encryptedDek),
  };
}

/** The two parts of a key wrap, decoded. Throws `INPUT_INVALID` for a capsule that is none. */
export function openWrap(wrap: KeyWrap): { capsule: Capsule; encryptedDek: Uint8Array } {
  const capsule = decoding('the capsule', () => Capsule.fromBytesSimple(hexToBytes(wrap.capsule)));
  return { capsule, encryptedDek: hexToBytes(wrap.encryptedDek) };
}
