/**
 * QR codes of cards: as SVG, as PNG, for a terminal, and read back from a PNG.
 *
 * @module
 */
import { PNG } from 'pngjs';
import { encodeQR } from 'qr';
import { decodeQR } from 'qr/decode.js';

/** A quarter of the code may be scratched or stained. */
const ECC = 'quartile';
/** Modules of white around the code, as ISO/IEC 18004 asks for. */
const BORDER = 4;
const PIXELS_PER_MODULE = 8;
const WHITE = 255;
/** More than any camera's picture; a small file may claim to be far larger. */
const MAX_PIXELS = 64_000_000;
const PNG_MAGIC = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const HEADER_BYTES = 24;

export function qrSvg(text: string): string {
  const dark = encodeQR(text, 'svg', { ecc: ECC, border: BORDER });
  return dark.replace('<path', '<rect width="100%" height="100%" fill="#fff"/><path');
}

/** For a terminal: light modules are drawn, so that it reads on dark ground. */
export function qrTerminal(text: string): string {
  return encodeQR(text, 'ascii', { ecc: ECC, border: BORDER }).trimEnd();
}

/** Black on white, 8 pixels for a module. */
export function qrPng(text: string): Uint8Array {
  const modules = encodeQR(text, 'raw', { ecc: ECC, border: BORDER, scale: PIXELS_PER_MODULE });
  const size = modules.length;
  const png = new PNG({ width: size, height: size });
  for (const [y, row] of modules.entries()) {
    for (const [x, isDark] of row.entries()) {
      png.data.fill(isDark ? 0 : WHITE, (y * size + x) * 4, (y * size + x) * 4 + 3);
      png.data[(y * size + x) * 4 + 3] = WHITE;
    }
  }
  return PNG.sync.write(png, { colorType: 0 });
}

export function isPng(bytes: Uint8Array): boolean {
  return PNG_MAGIC.every((byte, index) => bytes[index] === byte);
}

/** The text of the QR code in a picture; `null` where it shows none, or is damaged. */
export function readQrPng(bytes: Uint8Array): string | null {
  if (bytes.length < HEADER_BYTES) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (header.getUint32(16) * header.getUint32(20) > MAX_PIXELS) return null;
  try {
    const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
    return decodeQR({ width, height, data });
  } catch {
    return null;
  }
}
