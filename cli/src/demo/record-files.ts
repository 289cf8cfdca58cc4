/**
 * The files of the story: a folder that the user names, or the built-in synthetic patient.
 *
 * @module
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import type { Category } from '@emr-share/model';
import { ContentFile } from '../content/content-file.js';
import { detectContent } from '../content/detect-content.js';
import { CliError } from '../errors/cli-error.js';
import { ctImage } from './samples/ct-image.js';
import { patientSummaryJson } from './samples/patient-summary.js';
import { vitalSignsCsv } from './samples/vital-signs.js';

const EXTENSIONS = new Set(['.json', '.dcm', '.csv']);

/** A file to be filed as a record. */
export interface RecordFile {
  readonly path: string;
  /** Path below the folder. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly category: Category;
}

/** Writes the built-in patient's files into `directory`. */
export async function writeSampleRecords(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'patient-summary.json'), patientSummaryJson());
  await writeFile(join(directory, 'chest-ct.dcm'), ctImage());
  await writeFile(join(directory, 'vital-signs.csv'), vitalSignsCsv());
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => EXTENSIONS.has(extname(entry.name).toLowerCase()) && !entry.isDirectory())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      .sort();
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new CliError('FILE_UNREADABLE', `cannot read the folder ${directory} (${code})`, {
      details: { path: directory },
      cause,
    });
  }
}

async function recordFile(directory: string, name: string): Promise<RecordFile> {
  const file = await ContentFile.at(join(directory, name));
  const { contentType, category } = await detectContent(file);
  return {
    path: file.path,
    name,
    sizeBytes: file.sizeBytes,
    contentType,
    category: category ?? 'medical-information',
  };
}

/**
 * Every `.json`, `.dcm` and `.csv` below `directory`, checked to be what its name says.
 *
 * @throws CliError `FILE_UNREADABLE` where there is none, or one cannot be read;
 *   EmrError `INPUT_INVALID` for the first whose content is something else.
 */
export async function findRecordFiles(directory: string): Promise<readonly RecordFile[]> {
  const names = await namesIn(directory);
  if (names.length === 0) {
    throw new CliError('FILE_UNREADABLE', `no .json, .dcm or .csv file in ${directory}`, {
      details: { path: directory },
    });
  }
  const files: RecordFile[] = [];
  for (const name of names) files.push(await recordFile(directory, name));
  return files;
}
