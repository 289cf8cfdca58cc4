/**
 * DICOM Part 10 files: recognized by the magic `DICM` after a preamble of 128 bytes.
 *
 * @module
 */
import dicomParser from 'dicom-parser';
import type { ContentFile } from './content-file.js';

export const DICOM_TYPE = 'application/dicom';

const MAGIC = [0x44, 0x49, 0x43, 0x4d];
const MAGIC_OFFSET = 128;

/** Files up to this size are parsed to the end, so that a truncated one is noticed. */
const WHOLE_LIMIT_BYTES = 16 * 1024 * 1024;
const HEAD_BYTES = 1024 * 1024;

/** SOP Class UID and SOP Instance UID: every composite object has them, among its first elements. */
const SOP_CLASS_UID = 'x00080016';
const SOP_INSTANCE_UID = 'x00080018';
const TRANSFER_SYNTAX_UID = 'x00020010';
/** Everything after the header is compressed; only the header is looked at. */
const DEFLATED = '1.2.840.10008.1.2.1.99';

/** How many bytes {@link hasDicomMagic} needs. */
export const DICOM_MAGIC_END = MAGIC_OFFSET + MAGIC.length;

export function hasDicomMagic(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[MAGIC_OFFSET + i] === byte);
}

/** dicom-parser throws strings and plain objects as well as errors. */
function problemOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const { exception, message } = thrown as { exception?: unknown; message?: unknown };
  return [exception, message].find((text) => typeof text === 'string') ?? 'unknown';
}

function isDeflated(head: Uint8Array): boolean {
  return dicomParser.readPart10Header(head).string(TRANSFER_SYNTAX_UID) === DEFLATED;
}

function parse(bytes: Uint8Array, isWhole: boolean): dicomParser.DataSet {
  return dicomParser.parseDicom(bytes, isWhole ? {} : { untilTag: SOP_INSTANCE_UID });
}

/**
 * Checks that a file with the magic parses as DICOM, in bounded memory.
 *
 * @throws EmrError `INPUT_INVALID`.
 */
export async function checkDicom(file: ContentFile): Promise<void> {
  const isWhole = file.sizeBytes <= WHOLE_LIMIT_BYTES;
  const bytes = await file.head(isWhole ? WHOLE_LIMIT_BYTES : HEAD_BYTES);
  let dataSet;
  try {
    if (isDeflated(bytes)) return;
    dataSet = parse(bytes, isWhole);
  } catch (thrown) {
    throw file.mismatch(`it does not parse as DICOM (${problemOf(thrown)})`, thrown);
  }
  if (dataSet.string(SOP_CLASS_UID) === undefined) {
    throw file.mismatch('it is DICOM without a SOP class');
  }
}
