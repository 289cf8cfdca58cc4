import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Folder of real FHIR and DICOM files; `null`, loudly, where there is none. */
export function sharedData(): string | null {
  const folder = process.env['EMR_SHARED_DATA'] ?? join(ROOT, '..', 'shared', 'data');
  if (existsSync(folder)) return folder;
  console.warn(`ATTENTION: no real FHIR and DICOM files at ${folder}: generated ones only`);
  return null;
}

/** The real `.json` and `.dcm` files. */
export function sharedFiles(): string[] {
  const folder = sharedData();
  if (folder === null) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(json|dcm)$/.test(name))
    .map((name) => join(folder, name));
}
