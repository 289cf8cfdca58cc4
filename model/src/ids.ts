/**
 * Identifiers, times and byte strings as they stand in requests, ledger state and events.
 * Everything is plain JSON: byte strings are lower-case hex. See docs/protocol.md §2.
 *
 * @module
 */
import * as v from 'valibot';

/** Pseudonymous user ID (`ID` in the paper): 3–64 of a–z, 0–9, `.`, `_`, `-`. No personal data. */
export const UserId = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]$/, 'user ID'));
export type UserId = v.InferOutput<typeof UserId>;

/** ID of an organization's membership service provider, such as `HospAMSP`. */
export const MspId = v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9.-]{0,63}$/, 'MSP ID'));
export type MspId = v.InferOutput<typeof MspId>;

const id128 = (what: string): v.GenericSchema<string> =>
  v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, `${what}: 32 lower-case hex digits`));

/** 128-bit ID of a record, chosen by its author, so that a repeated upload files one record. */
export const RecordId = id128('record ID');
export type RecordId = v.InferOutput<typeof RecordId>;

/** 128-bit ID of a grant, chosen by the patient. */
export const GrantId = id128('grant ID');
export type GrantId = v.InferOutput<typeof GrantId>;

/** 128-bit ID of an access ticket, chosen by the reader. */
export const TicketId = id128('ticket ID');
export type TicketId = v.InferOutput<typeof TicketId>;

/** 1, 2, …: which custodian key of an organization; grows by one with each rotation. */
export const KeyGeneration = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
export type KeyGeneration = v.InferOutput<typeof KeyGeneration>;

/** Milliseconds since 1970-01-01T00:00:00Z. */
export const UnixMillis = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export type UnixMillis = v.InferOutput<typeof UnixMillis>;

const hexOf = (bytes: number, what: string): v.GenericSchema<string> =>
  v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${String(bytes * 2)}}$`), what));

/** SHA-256 digest, 32 bytes as hex. */
export const Sha256Hex = hexOf(32, 'SHA-256 as 64 lower-case hex digits');
/** secp256k1 public key, SEC1 compressed, 33 bytes as hex. */
export const PublicKeyHex = v.pipe(
  v.string(),
  v.regex(/^0[23][0-9a-f]{64}$/, 'compressed secp256k1 public key as 66 hex digits'),
);
/** ECDSA signature r ‖ s, 64 bytes as hex, low-S. */
export const SignatureHex = hexOf(64, 'ECDSA signature as 128 lower-case hex digits');
/** Umbral capsule E ‖ V ‖ s, 98 bytes as hex. */
export const CapsuleHex = hexOf(98, 'capsule as 196 lower-case hex digits');
/** Umbral ciphertext of a 32-byte DEK: nonce 24 ‖ ciphertext 32 ‖ tag 16, 72 bytes as hex. */
export const EncryptedDekHex = hexOf(72, 'encrypted DEK as 144 lower-case hex digits');

/** CIDv1 in base32. */
export const Cid = v.pipe(v.string(), v.regex(/^b[a-z2-7]{20,120}$/, 'CIDv1 in base32'));
export type Cid = v.InferOutput<typeof Cid>;
