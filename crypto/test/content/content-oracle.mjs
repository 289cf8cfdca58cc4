/**
 * The content envelope written down a second time, straight from docs/protocol.md §5 and in one go,
 * with nothing of the package: the tests compare the two byte by byte.
 */
import { createCipheriv, createHash, hkdfSync } from 'node:crypto';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

export function oracleEncrypt({ plaintext, dek, context, salt, chunkSizeLog2 }) {
  const parameters = Buffer.from([1, chunkSizeLog2]);
  const info = Buffer.concat([Buffer.from('emr-share/content/v1'), parameters, sha256(context)]);
  const okm = Buffer.from(hkdfSync('sha256', dek, salt, info, 71));
  const [key, prefix, commitment] = [
    okm.subarray(0, 32),
    okm.subarray(32, 39),
    okm.subarray(39, 71),
  ];
  const start = Buffer.from([0x45, 0x4d, 0x52, 0x43, 1, 1, chunkSizeLog2, 0]);
  const header = Buffer.concat([start, salt, commitment]);
  const aad = sha256(Buffer.concat([header, context]));
  const chunkSize = 2 ** chunkSizeLog2;
  const chunks = Math.max(1, Math.ceil(plaintext.length / chunkSize));
  const parts = [header];
  for (let i = 0; i < chunks; i++) {
    const nonce = Buffer.alloc(12);
    prefix.copy(nonce);
    nonce.writeUInt32BE(i, 7);
    nonce[11] = i === chunks - 1 ? 1 : 0;
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
    parts.push(cipher.update(plaintext.subarray(i * chunkSize, (i + 1) * chunkSize)));
    cipher.final();
    parts.push(cipher.getAuthTag());
  }
  return new Uint8Array(Buffer.concat(parts));
}
