/**
 * Passphrase boxes: a short secret under a passphrase, as JSON (docs/protocol.md §3.1).
 *
 * scrypt (RFC 7914) makes the key, AES-256-GCM encrypts. The cost stands in the box, so that it can
 * rise over the years; on the way back it is bounded, so that a planted box cannot exhaust a machine.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { assertBytes, bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from './bytes.js';
import { CryptoError } from './crypto-error.js';
import type { Aead, CryptoProvider, ScryptCost } from './provider/crypto-provider.js';
import { TAG_BYTES } from './provider/crypto-provider.js';
import { defaultProvider } from './provider/default-provider.js';
import { systemRng } from './rng.js';
import type { Rng } from './rng.js';

/** A sealed secret; safe to store as JSON. Every field is public. */
export interface PassphraseBox {
  readonly version: 1;
  readonly kdf: ScryptCost & {
    readonly name: 'scrypt';
    /** 32 bytes. */
    readonly saltHex: string;
  };
  readonly cipher: 'aes-256-gcm';
  /** 12 bytes. */
  readonly nonceHex: string;
  /** Ciphertext ‖ 16-byte tag. */
  readonly ciphertextHex: string;
}

/** Options of both directions. */
export interface PassphraseBoxOptions {
  /** Bytes that the box is bound to, such as the keystore's user ID. Default: none. */
  readonly context?: Uint8Array | undefined;
  /** Default: the fastest of the platform. */
  readonly provider?: CryptoProvider | undefined;
}

/** Options of {@link sealWithPassphrase}. */
export interface SealWithPassphraseOptions extends PassphraseBoxOptions {
  /** Default {@link DEFAULT_SCRYPT_COST}. */
  readonly params?: ScryptCost | undefined;
  /** Source of salt and nonce. Default {@link systemRng}; inject one in tests only. */
  readonly rng?: Rng | undefined;
}

/** 128 MiB and half a second with Node's scrypt: OWASP's first choice (Password Storage Cheat Sheet). */
export const DEFAULT_SCRYPT_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

const MIN_N = 2 ** 10;
const MAX_N = 2 ** 20;
const MAX_R = 16;
const MAX_P = 4;
const MAX_MEMORY_BYTES = 2 ** 30;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const MAX_SECRET_BYTES = 1 << 16;
const LABEL = utf8ToBytes('emr-share/passphrase-box/v1');

/**
 * Encrypts a secret under a passphrase.
 *
 * (The user's own device.) Whoever holds the box can try passphrases, at the cost of one scrypt each.
 *
 * @param secret - At most 64 KiB: a seed, not a file.
 * @param passphrase - Any text but the empty one; compared in Unicode form NFKC, so that it can be
 * typed on another keyboard.
 * @throws RangeError for an empty or ill-formed passphrase, too long a secret, or a cost out of bounds.
 */
export async function sealWithPassphrase(
  secret: Uint8Array,
  passphrase: string,
  options: SealWithPassphraseOptions = {},
): Promise<PassphraseBox> {
  assertBytes(secret, 'secret');
  if (secret.length > MAX_SECRET_BYTES) throw new RangeError('"secret" expected at most 64 KiB');
  const { params = DEFAULT_SCRYPT_COST, rng = systemRng } = options;
  const fault = costFault(params);
  if (fault !== null) throw new RangeError(`"params" ${fault}`);
  const salt = rng(SALT_BYTES);
  const nonce = rng(NONCE_BYTES);
  const ciphertext = await withKey(passphrase, salt, params, options, (aead) =>
    aead.seal(nonce, associatedData(options), secret),
  );
  return {
    version: 1,
    kdf: { name: 'scrypt', N: params.N, r: params.r, p: params.p, saltHex: bytesToHex(salt) },
    cipher: 'aes-256-gcm',
    nonceHex: bytesToHex(nonce),
    ciphertextHex: bytesToHex(ciphertext),
  };
}

/**
 * Decrypts a passphrase box.
 *
 * @param box - A {@link PassphraseBox} as it was parsed from JSON; it is validated here.
 * @throws {@link CryptoError} `PASSPHRASE_BOX_INVALID` for what is no box or costs more than 1 GiB;
 * `PASSPHRASE_WRONG` for another passphrase or context and for an altered box, which look the same.
 * RangeError for an empty or ill-formed passphrase.
 */
export async function openWithPassphrase(
  box: unknown,
  passphrase: string,
  options: PassphraseBoxOptions = {},
): Promise<Uint8Array> {
  const { kdf, nonceHex, ciphertextHex } = parsePassphraseBox(box);
  const secret = await withKey(passphrase, hexToBytes(kdf.saltHex), kdf, options, (aead) =>
    aead.open(hexToBytes(nonceHex), associatedData(options), hexToBytes(ciphertextHex)),
  );
  if (secret !== null) return secret;
  throw new CryptoError('PASSPHRASE_WRONG', 'wrong passphrase, or the box was altered');
}

/**
 * Validates a box of unknown origin.
 *
 * @throws {@link CryptoError} `PASSPHRASE_BOX_INVALID`, naming the field.
 */
export function parsePassphraseBox(value: unknown): PassphraseBox {
  const box = fieldsOf(value, 'the box');
  const kdf = fieldsOf(box['kdf'], 'kdf');
  if (box['version'] !== 1) throw invalid('version is not known here');
  if (box['cipher'] !== 'aes-256-gcm') throw invalid('cipher is not known here');
  if (kdf['name'] !== 'scrypt') throw invalid('kdf.name is not known here');
  const cost = { N: kdf['N'], r: kdf['r'], p: kdf['p'] } as ScryptCost;
  const fault = costFault(cost);
  if (fault !== null) throw invalid(`kdf ${fault}`);
  return {
    version: 1,
    kdf: { name: 'scrypt', ...cost, saltHex: hexOf(kdf['saltHex'], 'kdf.saltHex', SALT_BYTES) },
    cipher: 'aes-256-gcm',
    nonceHex: hexOf(box['nonceHex'], 'nonceHex', NONCE_BYTES),
    ciphertextHex: hexOf(
      box['ciphertextHex'],
      'ciphertextHex',
      TAG_BYTES,
      MAX_SECRET_BYTES + TAG_BYTES,
    ),
  };
}

async function withKey<T>(
  passphrase: string,
  salt: Uint8Array,
  cost: ScryptCost,
  { provider = defaultProvider() }: PassphraseBoxOptions,
  use: (aead: Aead) => Promise<T>,
): Promise<T> {
  const { N, r, p } = cost;
  const key = await provider.scrypt(passphraseBytes(passphrase), salt, { N, r, p });
  const aead = await provider.aes256Gcm(key);
  key.fill(0);
  return use(aead);
}

function passphraseBytes(passphrase: string): Uint8Array {
  if (passphrase === '') throw new RangeError('"passphrase" expected a non-empty text');
  // A lone surrogate has no UTF-8 form: encoders replace it, and different passphrases become one.
  if (/\p{Surrogate}/u.test(passphrase)) {
    throw new RangeError('"passphrase" expected well-formed Unicode');
  }
  return utf8ToBytes(passphrase.normalize('NFKC'));
}

function associatedData({ context = new Uint8Array(0) }: PassphraseBoxOptions): Uint8Array {
  return concatBytes(LABEL, sha256(context));
}

/** Says what is wrong with a cost, or `null`. */
function costFault({ N, r, p }: ScryptCost): string | null {
  const isPowerOfTwo = Number.isInteger(N) && Number.isInteger(Math.log2(N));
  if (!isPowerOfTwo || N < MIN_N || N > MAX_N) return 'expected N a power of two in 2^10..2^20';
  if (!isIntegerIn(r, 1, MAX_R)) return `expected r in 1..${MAX_R}`;
  if (!isIntegerIn(p, 1, MAX_P)) return `expected p in 1..${MAX_P}`;
  return 128 * N * r > MAX_MEMORY_BYTES ? 'expected 128 · N · r of at most 1 GiB' : null;
}

function isIntegerIn(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function fieldsOf(value: unknown, label: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw invalid(`${label} is not an object`);
  return value as Record<string, unknown>;
}

function hexOf(value: unknown, label: string, minBytes: number, maxBytes = minBytes): string {
  const isHex = typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value);
  if (!isHex || value.length < 2 * minBytes || value.length > 2 * maxBytes) {
    const length = minBytes === maxBytes ? `${minBytes}` : `${minBytes} to ${maxBytes}`;
    throw invalid(`${label} is not ${length} bytes of lower-case hex`);
  }
  return value;
}

function invalid(reason: string): CryptoError {
  return new CryptoError('PASSPHRASE_BOX_INVALID', `passphrase box: ${reason}`);
}
