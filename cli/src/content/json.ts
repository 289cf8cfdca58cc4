/**
 * JSON files, and among them FHIR resources: a JSON object with `resourceType`.
 *
 * @module
 */
import type { Category } from '@emr-share/model';
import type { ContentFile } from './content-file.js';

export const JSON_TYPE = 'application/json';
export const FHIR_JSON_TYPE = 'application/fhir+json';

/** JSON is parsed in memory, which takes several times the file's size. */
const LIMIT_BYTES = 64 * 1024 * 1024;

const CATEGORY_OF_RESOURCE: Readonly<Record<string, Category>> = {
  Device: 'medical-device',
  DeviceUseStatement: 'medical-device',
  Encounter: 'admission-record',
  ImagingStudy: 'medical-imaging',
  Medication: 'medicine',
  MedicationRequest: 'prescription',
  MedicationStatement: 'medicine',
  MolecularSequence: 'omics',
  Observation: 'clinical-observation',
};

/** What a JSON file holds: the type of its FHIR resource, or `null` for other JSON. */
export interface JsonContent {
  readonly resourceType: string | null;
}

/** Whether text that starts like this may be a JSON object or array. */
export function looksLikeJson(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head.subarray(0, 64)).trimStart();
  return text.startsWith('{') || text.startsWith('[');
}

function resourceTypeOf(value: unknown): string | null {
  const { resourceType } = (value ?? {}) as { resourceType?: unknown };
  return typeof resourceType === 'string' && /^[A-Z][A-Za-z]{1,63}$/.test(resourceType)
    ? resourceType
    : null;
}

/**
 * Parses a JSON file.
 *
 * @throws EmrError `INPUT_INVALID` where it is not JSON in UTF-8, or too large to look at.
 */
export async function readJsonContent(file: ContentFile): Promise<JsonContent> {
  if (file.sizeBytes > LIMIT_BYTES) {
    throw file.mismatch('it is larger than 64 MiB, too much to check as JSON');
  }
  const bytes = await file.head(LIMIT_BYTES);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { resourceType: resourceTypeOf(JSON.parse(text)) };
  } catch (cause) {
    throw file.mismatch('it does not parse as JSON', cause);
  }
}

/** The category a FHIR resource is filed under unless the user says otherwise. */
export function categoryOfResource(resourceType: string): Category {
  return Object.hasOwn(CATEGORY_OF_RESOURCE, resourceType)
    ? (CATEGORY_OF_RESOURCE[resourceType] ?? 'medical-information')
    : 'medical-information';
}
