/**
 * A card as it is named on the command line: its text, or a file of its text or of a picture of its
 * QR code.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import { EmrError } from '@emr-share/model';
import { CliError } from '../errors/cli-error.js';
import type { Host } from '../host.js';
import { readSmallFile } from '../input/small-file.js';
import { isPng, readQrPng } from './qr-code.js';

const MAX_BYTES = 16 * 1024 * 1024;
const CARD_BEGINNING = /^\s*e\s*-?\s*m\s*-?\s*r\s*-?\s*1/i;

async function bytesOf(path: string): Promise<Uint8Array | null> {
  const refuse = (problem: string, cause?: unknown): CliError =>
    new CliError('FILE_UNREADABLE', `cannot read ${path} (${problem})`, {
      details: { path, problem },
      cause,
    });
  try {
    if ((await stat(path)).size > MAX_BYTES) throw refuse('it is too long');
    return await readFile(path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    // Most likely a card whose beginning was typed wrongly.
    if (code === 'ENOENT' || code === 'ENAMETOOLONG') return null;
    throw refuse(code, error);
  }
}

function textIn(bytes: Uint8Array): string {
  if (!isPng(bytes)) return new TextDecoder().decode(bytes);
  const text = readQrPng(bytes);
  if (text !== null) return text;
  throw new EmrError('CARD_INVALID', { problem: 'the picture shows no QR code that can be read' });
}

/**
 * The text of a card.
 *
 * @param named - The text itself, `-` for stdin, or a file: text, or PNG.
 * @throws EmrError `CARD_INVALID`; CliError `FILE_UNREADABLE`.
 */
export async function readCardFrom(host: Host, named: string): Promise<string> {
  if (named === '-') return readSmallFile(host, named);
  if (CARD_BEGINNING.test(named)) return named;
  const bytes = await bytesOf(named);
  return bytes === null ? named : textIn(bytes);
}
