/**
 * What kind of record a file is: by what is in it. Its extension is only a claim to be checked.
 *
 * @module
 */
import { extname } from 'node:path';
import type { Category } from '@emr-share/model';
import type { ContentFile } from './content-file.js';
import { checkCsv, CSV_TYPE } from './csv.js';
import { checkDicom, DICOM_MAGIC_END, DICOM_TYPE, hasDicomMagic } from './dicom.js';
import {
  categoryOfResource,
  FHIR_JSON_TYPE,
  JSON_TYPE,
  looksLikeJson,
  readJsonContent,
} from './json.js';

/** A file's content type, and the category it is filed under unless the user says otherwise. */
export interface DetectedContent {
  readonly contentType: string;
  /** `null`: the content does not tell. */
  readonly category: Category | null;
}

const UNKNOWN: DetectedContent = { contentType: 'application/octet-stream', category: null };

async function detectDicom(file: ContentFile, head: Uint8Array): Promise<DetectedContent> {
  if (!hasDicomMagic(head)) {
    throw file.mismatch('its name says DICOM, but the magic DICM is not at byte 128');
  }
  await checkDicom(file);
  return { contentType: DICOM_TYPE, category: 'medical-imaging' };
}

async function detectJson(file: ContentFile): Promise<DetectedContent> {
  const { resourceType } = await readJsonContent(file);
  return resourceType === null
    ? { contentType: JSON_TYPE, category: null }
    : { contentType: FHIR_JSON_TYPE, category: categoryOfResource(resourceType) };
}

async function detectCsv(file: ContentFile): Promise<DetectedContent> {
  await checkCsv(file);
  return { contentType: CSV_TYPE, category: 'clinical-observation' };
}

/** For a name that claims nothing we know: what can be told from the bytes without a doubt. */
async function detectUnnamed(file: ContentFile, head: Uint8Array): Promise<DetectedContent> {
  if (hasDicomMagic(head)) return detectDicom(file, head);
  if (!looksLikeJson(head)) return UNKNOWN;
  return detectJson(file).catch(() => UNKNOWN);
}

/**
 * Tells the content type of a file from its bytes.
 *
 * @throws EmrError `INPUT_INVALID` where the content is not what the extension says.
 */
export async function detectContent(file: ContentFile): Promise<DetectedContent> {
  const head = await file.head(DICOM_MAGIC_END);
  switch (extname(file.name).toLowerCase()) {
    case '.dcm':
    case '.dicom':
      return detectDicom(file, head);
    case '.json':
      return detectJson(file);
    case '.csv':
      return detectCsv(file);
    default:
      return detectUnnamed(file, head);
  }
}
