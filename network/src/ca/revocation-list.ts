import 'reflect-metadata';
import { X509Crl } from '@peculiar/x509';
import { normalSerial } from './serial.js';

/** Serial numbers on a list of revoked certificates, PEM. */
export function revokedSerials(crlPem: string): Set<string> {
  return new Set(new X509Crl(crlPem).entries.map(({ serialNumber }) => normalSerial(serialNumber)));
}
