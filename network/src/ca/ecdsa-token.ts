/**
 * The `authorization` header of the Fabric CA API: a signature by the caller's enrolment key over
 * method, path, body and certificate. Source: fabric-ca `util.GenECDSAToken`.
 *
 * @module
 */
import { createPrivateKey, sign } from 'node:crypto';

/** Order of P-256. Fabric accepts only the smaller one of the two values of `s` that verify. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SCALAR_BYTES = 32;
const DER_INTEGER = 0x02;
const DER_SEQUENCE = 0x30;

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const content = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return Buffer.concat([Buffer.of(DER_INTEGER, content.length), content]);
}

/** ECDSA P-256 with SHA-256, DER, with the smaller `s`. */
export function signLowS(keyPem: string, message: string): Buffer {
  const key = createPrivateKey(keyPem);
  const raw = sign('sha256', Buffer.from(message), { key, dsaEncoding: 'ieee-p1363' });
  const r = BigInt(`0x${raw.subarray(0, SCALAR_BYTES).toString('hex')}`);
  const s = BigInt(`0x${raw.subarray(SCALAR_BYTES).toString('hex')}`);
  const content = Buffer.concat([derInteger(r), derInteger(s > ORDER / 2n ? ORDER - s : s)]);
  return Buffer.concat([Buffer.of(DER_SEQUENCE, content.length), content]);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export function ecdsaToken(
  identity: { certificate: string; key: string },
  method: string,
  path: string,
  body: string,
): string {
  const certificate = base64(identity.certificate);
  const payload = [method, base64(path), base64(body), certificate].join('.');
  return `${certificate}.${signLowS(identity.key, payload).toString('base64')}`;
}
