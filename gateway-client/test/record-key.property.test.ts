import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encryptContent } from '@emr-share/crypto';
import { EmrError, type TransactionRecord } from '@emr-share/model';
import { readBytes } from '@emr-share/gateway-client';
import { RecordKey } from '../src/access/record-key.js';
import { bytesToHex, sha256Hex } from '../src/bytes.js';
import { contentContext } from '../src/records/content-context.js';
import { codeOf, refusalOf } from './support/refusal.js';
import { counting, pieces } from './support/streams.js';

const CHUNK_BYTES = 1 << 16;
const dek = counting(32);
const plaintext = counting(3 * CHUNK_BYTES + 100);
const recordId = 'ab'.repeat(16);
const scopeId = 'p.meier/omics/0';
let ciphertext: Uint8Array;

beforeAll(async () => {
  ciphertext = await sealed(plaintext);
});

function sealed(content: Uint8Array): Promise<Uint8Array> {
  const context = contentContext(recordId, scopeId, 'low');
  return readBytes(encryptContent(pieces(content), { dek, context, chunkSizeLog2: 16 }));
}

function keyFor(filed: Uint8Array, changes: { scopeId?: string; level?: string } = {}): RecordKey {
  const record = {
    recordId,
    info: { securityLevel: changes.level ?? 'low', sizeBytes: plaintext.length },
    metadata: {
      ciphertextSha256: sha256Hex(filed),
      sizeBytes: filed.length,
      keyWrap: { scopeId: changes.scopeId ?? scopeId },
    },
  } as TransactionRecord;
  return new RecordKey(record, dek);
}

/** What comes out before the failure. */
async function readUntilRefused(key: RecordKey, stored: Uint8Array) {
  const got: Uint8Array[] = [];
  const error = await refusalOf(async () => {
    for await (const piece of key.decrypt(pieces(stored))) got.push(piece);
  });
  return { error, bytes: Buffer.concat(got) };
}

describe('RecordKey', () => {
  it('decrypts what was filed', async () => {
    const content = keyFor(ciphertext).decrypt(pieces(ciphertext));
    expect(Buffer.from(await readBytes(content)).equals(plaintext)).toBe(true);
  });

  it('detects a flipped bit anywhere, and never completes the content', async () => {
    const key = keyFor(ciphertext);
    await fc.assert(
      fc.asyncProperty(fc.nat(ciphertext.length - 1), fc.nat(7), async (at, bit) => {
        const altered = Uint8Array.from(ciphertext);
        altered[at] = (altered[at] ?? 0) ^ (1 << bit);
        const { error, bytes } = await readUntilRefused(key, altered);
        expect(error).toMatchObject({ code: 'CIPHERTEXT_TAMPERED', details: { recordId } });
        expect(bytes.length).toBeLessThan(plaintext.length);
        expect(bytes.equals(plaintext.subarray(0, bytes.length))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('detects a cut anywhere', async () => {
    const key = keyFor(ciphertext);
    await fc.assert(
      fc.asyncProperty(fc.nat(ciphertext.length - 1), async (length) => {
        const { error } = await readUntilRefused(key, ciphertext.subarray(0, length));
        expect(error.code).toBe('CIPHERTEXT_TAMPERED');
      }),
      { numRuns: 40 },
    );
  });

  it('detects another content under the same key by its hash, before its last piece', async () => {
    const other = await sealed(counting(plaintext.length).reverse());
    const { error, bytes } = await readUntilRefused(keyFor(ciphertext), other);
    expect(error.details).toMatchObject({ problem: 'its hash is another one' });
    expect(bytes.length).toBe(3 * CHUNK_BYTES);
  });

  it('leaves an endless ciphertext at the size that was filed', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      yield ciphertext;
      for (;;) {
        given += 1;
        yield await Promise.resolve(ciphertext.subarray(0, 1000));
      }
    }
    const error = await refusalOf(() => readBytes(keyFor(ciphertext).decrypt(endless())));
    expect(error.details).toMatchObject({ problem: 'it is too long' });
    expect(given).toBe(1);
  });

  it('opens the content under the scope and the level that it was filed for only', async () => {
    for (const changes of [{ scopeId: 'p.meier/omics/1' }, { level: 'sealed' }]) {
      const key = keyFor(ciphertext, changes);
      expect(await codeOf(() => readBytes(key.decrypt(pieces(ciphertext))))).toBe(
        'CIPHERTEXT_TAMPERED',
      );
    }
  });

  it('passes the errors of the store on', async () => {
    const corrupt = new EmrError('BLOB_CORRUPT', { cid: 'bafy' });
    async function* failing(): AsyncGenerator<Uint8Array, void, void> {
      yield await Promise.resolve(ciphertext.subarray(0, 100));
      throw corrupt;
    }
    await expect(readBytes(keyFor(ciphertext).decrypt(failing()))).rejects.toBe(corrupt);
  });

  it('closes the store when the reader leaves early', async () => {
    const source = pieces(ciphertext);
    for await (const piece of keyFor(ciphertext).decrypt(source)) {
      expect(piece.length).toBe(CHUNK_BYTES);
      break;
    }
    expect(source.closed).toBe(true);
  });

  it('never prints the key', () => {
    const key = keyFor(ciphertext);
    const printed = [String(key), JSON.stringify({ key }), inspect(key, { showHidden: true })];
    expect(printed.join('\n')).not.toContain(bytesToHex(dek.subarray(0, 8)));
    expect(String(key)).toBe(`RecordKey:${recordId}`);
  });
});
