/**
 * Records to upload: real FHIR Bundles and DICOM files where they are to be had, made-up ones else.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Category } from '@emr-share/model';

export interface RecordFile {
  readonly name: string;
  readonly category: Category;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const KINDS = [
  { folder: 'fhir', category: 'medical-information', contentType: 'application/fhir+json' },
  { folder: 'dicom', category: 'medical-imaging', contentType: 'application/dicom' },
] as const;

/** Folder of the real files, or `null`. */
export function sharedData(): string | null {
  const folder = process.env['EMR_SHARED_DATA'] ?? join(ROOT, '../shared/data');
  return KINDS.every((kind) => existsSync(join(folder, kind.folder))) ? folder : null;
}

/** A day of vital signs. */
export const VITAL_SIGNS: RecordFile = {
  name: 'vital-signs.csv',
  category: 'clinical-observation',
  contentType: 'text/csv',
  bytes: Buffer.from(
    ['time,heart_rate,systolic,diastolic,spo2']
      .concat(
        Array.from(
          { length: 288 },
          (_, i) =>
            `${i * 300},${60 + (i % 23)},${110 + (i % 17)},${70 + (i % 11)},${95 + (i % 5)}`,
        ),
      )
      .join('\n'),
  ),
};

function madeUp(): RecordFile[] {
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [{ resource: { resourceType: 'AllergyIntolerance', code: { text: 'penicillin' } } }],
  };
  const pixels = Buffer.alloc(64 * 64 * 2);
  for (let i = 0; i < 64 * 64; i++) pixels.writeUInt16LE((i * 17) & 0xfff, i * 2);
  const image = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), pixels]);
  return [
    { name: 'bundle.json', ...kind(0), bytes: Buffer.from(JSON.stringify(bundle)) },
    { name: 'image.dcm', ...kind(1), bytes: image },
  ];
}

function kind(i: 0 | 1): Pick<RecordFile, 'category' | 'contentType'> {
  const { category, contentType } = KINDS[i];
  return { category, contentType };
}

/** Real FHIR and DICOM files and a table of vital signs. Says loudly where the real ones are absent. */
export async function recordFiles(): Promise<readonly RecordFile[]> {
  const folder = sharedData();
  if (folder === null) {
    console.warn('NO REAL RECORDS: set EMR_SHARED_DATA; the scenario runs on made-up files');
    return [...madeUp(), VITAL_SIGNS];
  }
  const real = await Promise.all(
    KINDS.map(async ({ folder: below, category, contentType }) => {
      const names = (await readdir(join(folder, below))).sort();
      return Promise.all(
        names.map(async (name) => ({
          name,
          category,
          contentType,
          bytes: await readFile(join(folder, below, name)),
        })),
      );
    }),
  );
  return [...real.flat(), VITAL_SIGNS];
}
