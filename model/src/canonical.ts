/**
 * Canonical bytes: one byte string for each value, for ledger state, hashes and signatures.
 * A subset of RFC 8785 (JCS): object, array, string, boolean, null and safe integers.
 * See docs/protocol.md §2.2.
 *
 * @module
 */

/** What canonical JSON can hold. A member whose value is `undefined` is left out. */
export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue | undefined };

const encoder = new TextEncoder();

function byUtf16([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

function encodeObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(byUtf16)
    .map(([key, member]) => `${encodeString(key)}:${canonicalJson(member as CanonicalValue)}`);
  return `{${members.join(',')}}`;
}

function encodeString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('canonical JSON: a string has a lone surrogate');
  return JSON.stringify(value);
}

/**
 * Encodes a value as canonical JSON: members sorted by UTF-16 code units, no white space.
 *
 * @throws TypeError for a number that is not a safe integer, a lone surrogate, or any other type.
 */
export function canonicalJson(value: CanonicalValue): string {
  switch (typeof value) {
    case 'string':
      return encodeString(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isSafeInteger(value)) throw new TypeError('canonical JSON: integers only');
      return String(value === 0 ? 0 : value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value)
        ? `[${value.map((item: CanonicalValue) => canonicalJson(item)).join(',')}]`
        : encodeObject(value);
    default:
      throw new TypeError(`canonical JSON: no ${typeof value}`);
  }
}

/** {@link canonicalJson} as UTF-8 bytes. */
export function canonicalBytes(value: CanonicalValue): Uint8Array {
  return encoder.encode(canonicalJson(value));
}

/** Domain separation of everything a verifying key signs. */
export const SIGNATURE_TAGS = [
  'registration',
  'scope',
  'policy',
  'record',
  'wrap',
  'grant',
  'grant-scope',
  'audience',
  'audience-scope',
  'approval',
  'recovery-plan',
  'recovery-approval',
  'recovery-end',
  'key-rotation',
] as const;
export type SignatureTag = (typeof SIGNATURE_TAGS)[number];

/** The bytes to sign for `body`: `emr-share/<tag>/v1`, a zero byte, canonical JSON. */
export function signedBytes(tag: SignatureTag, body: CanonicalValue): Uint8Array {
  return encoder.encode(`emr-share/${tag}/v1\0${canonicalJson(body)}`);
}
