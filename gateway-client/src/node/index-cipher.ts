/**
 * What a patient index on disk is made of: keyed hashes to look up by, and sealed entries.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { canonicalBytes } from '@emr-share/model';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const TOKEN_DIGITS = 32;
/** Entries are filled up to a multiple, so that their sizes say little of the names in them. */
const BLOCK_BYTES = 256;
const SPACE = 0x20;

const derived = (master: Uint8Array, use: string): Uint8Array =>
  new Uint8Array(
    hkdfSync('sha256', master, new Uint8Array(0), `emr-share/patient-index/v1/${use}`, KEY_BYTES),
  );

export class IndexCipher {
  readonly #lookupKey: Uint8Array;
  readonly #sealingKey: Uint8Array;

  constructor(master: Uint8Array) {
    this.#lookupKey = derived(master, 'lookup');
    this.#sealingKey = derived(master, 'entry');
  }

  /** 128 bits of HMAC-SHA256 over a term, as hex. */
  token(term: readonly string[]): string {
    const mac = createHmac('sha256', this.#lookupKey).update(canonicalBytes([...term]));
    return mac.digest('hex').slice(0, TOKEN_DIGITS);
  }

  /** Nonce, ciphertext and tag of a JSON value, bound to the place where it is kept. */
  seal(place: string, value: unknown): Uint8Array {
    const text = Buffer.from(JSON.stringify(value));
    const plain = Buffer.alloc(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES, SPACE);
    text.copy(plain);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#sealingKey, nonce).setAAD(Buffer.from(place));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** What was sealed there; `null` where it is damaged, from another place, or under another key. */
  open(place: string, sealed: Uint8Array): unknown {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const body = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#sealingKey, sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(place))
      .setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString());
    } catch {
      return null;
    }
  }
}
