/**
 * What a record's ciphertext is bound to, as associated data of the content envelope.
 *
 * @module
 */
import { canonicalBytes, type RecordId, type ScopeId, type SecurityLevel } from '@emr-share/model';

/** The same bytes for the author who encrypts and every reader who decrypts (docs/protocol.md §5). */
export function contentContext(
  recordId: RecordId,
  scopeId: ScopeId,
  securityLevel: SecurityLevel,
): Uint8Array {
  return canonicalBytes({ recordId, scopeId, securityLevel });
}
