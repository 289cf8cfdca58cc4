/**
 * Writes content-vectors.json from the oracle: `node crypto/test/content/generate-vectors.mjs`.
 * Plaintext is the byte sequence i mod 251 of the given size; short envelopes stand in full.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { oracleEncrypt } from './content-oracle.mjs';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const label = (text) => sha256(Buffer.from(text));

const vectors = [
  { sizeBytes: 0, chunkSizeLog2: 20, context: '' },
  { sizeBytes: 1, chunkSizeLog2: 16, context: 'record 1' },
  { sizeBytes: 100, chunkSizeLog2: 20, context: 'record 2, scope imaging/1, R' },
  { sizeBytes: 65_535, chunkSizeLog2: 16, context: 'record 3' },
  { sizeBytes: 65_536, chunkSizeLog2: 16, context: 'record 4' },
  { sizeBytes: 65_537, chunkSizeLog2: 16, context: 'record 5' },
  { sizeBytes: 200_000, chunkSizeLog2: 16, context: 'record 6' },
  { sizeBytes: 2_097_153, chunkSizeLog2: 20, context: 'record 7' },
].map(({ sizeBytes, chunkSizeLog2, context }, i) => {
  const input = {
    plaintext: Uint8Array.from({ length: sizeBytes }, (_, at) => at % 251),
    dek: label(`dek ${i}`),
    salt: label(`salt ${i}`),
    context: Buffer.from(context),
    chunkSizeLog2,
  };
  const envelope = oracleEncrypt(input);
  return {
    sizeBytes,
    chunkSizeLog2,
    dekHex: hex(input.dek),
    saltHex: hex(input.salt),
    contextHex: hex(input.context),
    envelopeSizeBytes: envelope.length,
    envelopeSha256Hex: hex(sha256(envelope)),
    ...(envelope.length < 400 ? { envelopeHex: hex(envelope) } : {}),
  };
});

const target = new URL('content-vectors.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(vectors, null, 2)}\n`);
