import type { X509Certificate } from 'node:crypto';

/** A serial number as the CA writes it: hexadecimal, lower case, no leading zeros, no colons. */
export function normalSerial(serial: string): string {
  return serial.replaceAll(':', '').toLowerCase().replace(/^0+/, '');
}

export function serialOf({ serialNumber }: X509Certificate): string {
  return normalSerial(serialNumber);
}
