import { mkdtemp, rm, symlink, truncate, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContentFile } from '../../src/content/content-file.js';
import { detectContent, type DetectedContent } from '../../src/content/detect-content.js';
import { ctImage } from '../../src/demo/samples/ct-image.js';
import { patientSummaryJson } from '../../src/demo/samples/patient-summary.js';
import { vitalSignsCsv } from '../../src/demo/samples/vital-signs.js';
import { sharedFiles } from '../support/shared-data.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-content-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function detect(name: string, content: string | Uint8Array): Promise<DetectedContent> {
  const path = join(folder, name);
  await writeFile(path, content);
  return detectContent(await ContentFile.at(path));
}

const FHIR = { contentType: 'application/fhir+json', category: 'medical-information' };
const DICOM = { contentType: 'application/dicom', category: 'medical-imaging' };
const CSV = { contentType: 'text/csv', category: 'clinical-observation' };
const JSON_OTHER = { contentType: 'application/json', category: null };
const UNKNOWN = { contentType: 'application/octet-stream', category: null };

describe('detectContent', () => {
  it('tells the samples apart, whatever their names', async () => {
    await expect(detect('summary.json', patientSummaryJson())).resolves.toEqual(FHIR);
    await expect(detect('summary', patientSummaryJson())).resolves.toEqual(FHIR);
    await expect(detect('image.dcm', ctImage())).resolves.toEqual(DICOM);
    await expect(detect('IM000001', ctImage())).resolves.toEqual(DICOM);
    await expect(detect('vital signs.CSV', vitalSignsCsv())).resolves.toEqual(CSV);
  });

  it.each([
    ['Observation', 'clinical-observation'],
    ['MedicationRequest', 'prescription'],
    ['Encounter', 'admission-record'],
    ['ImagingStudy', 'medical-imaging'],
    ['constructor', null],
  ])('files a %s under %s', async (resourceType, category) => {
    const detected = await detect('resource.json', JSON.stringify({ resourceType }));
    expect(detected.category).toBe(category);
  });

  it('tells JSON that is no FHIR resource from FHIR', async () => {
    await expect(detect('a.json', '[1, 2]')).resolves.toEqual(JSON_OTHER);
    await expect(detect('b.json', 'null')).resolves.toEqual(JSON_OTHER);
    await expect(detect('c.json', '{"resourceType": 1}')).resolves.toEqual(JSON_OTHER);
  });

  it('takes what it does not know as bytes', async () => {
    await expect(detect('report.pdf', '%PDF-1.7')).resolves.toEqual(UNKNOWN);
    await expect(detect('notes', '{ not JSON')).resolves.toEqual(UNKNOWN);
    await expect(detect('x', 'x')).resolves.toEqual(UNKNOWN);
  });

  it.each([
    ['no-magic.dcm', 'DICM', /DICM is not at byte 128/],
    ['magic-only.dcm', `${'\0'.repeat(128)}DICM`, /does not parse as DICOM/],
    ['truncated.json', '{"resourceType": "Bundle"', /does not parse as JSON/],
    ['latin1.json', Uint8Array.of(0x22, 0xe9, 0x22), /does not parse as JSON/],
    ['ragged.csv', 'a,b\n1,2,3\n', /line 2: record inconsistent/],
    ['quote.csv', 'a,b\n"1,2\n', /does not parse as CSV/],
    ['quotes.csv', 'a,b\n1"2,3\n', /line 2: invalid opening quote/],
    ['binary.csv', Uint8Array.of(1, 0, 2), /binary file/],
    ['blank.csv', '\n\n', /no rows/],
  ])('refuses %s and says what to do', async (name, content, problem) => {
    const refusal = detect(name, content);
    await expect(refusal).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(problem),
    });
    await expect(refusal).rejects.toThrow(/--content-type application\/octet-stream/);
  });

  it('refuses a DICOM file that is cut off', async () => {
    const image = ctImage();
    for (const length of [140, 400, 1200, image.length - 1]) {
      await expect(detect('cut.dcm', image.subarray(0, length))).rejects.toMatchObject({
        code: 'INPUT_INVALID',
      });
    }
  });

  it('reads CSV with semicolons, a byte order mark and a single column', async () => {
    await expect(detect('a.csv', '\ufefftime;bpm\n1;2,5\n')).resolves.toEqual(CSV);
    await expect(detect('b.csv', 'bpm\n61\n62\n')).resolves.toEqual(CSV);
  });

  it('looks at no more than the head of a huge DICOM file', async () => {
    const path = join(folder, 'huge.dcm');
    await writeFile(path, ctImage());
    await truncate(path, 5_000_000_000);
    const before = process.memoryUsage().arrayBuffers;
    await expect(detectContent(await ContentFile.at(path))).resolves.toEqual(DICOM);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32_000_000);
  });

  it('refuses JSON too large to parse without reading it', async () => {
    const path = join(folder, 'huge.json');
    await writeFile(path, '{');
    await truncate(path, 5_000_000_000);
    const file = await ContentFile.at(path);
    await expect(detectContent(file)).rejects.toThrow(/larger than 64 MiB/);
  });

  const shared = sharedFiles();
  (shared.length > 0 ? it : it.skip)('knows every real file', async () => {
    for (const path of shared) {
      const detected = await detectContent(await ContentFile.at(path));
      expect([path, detected]).toEqual([path, path.endsWith('.dcm') ? DICOM : FHIR]);
    }
  });
});

describe('ContentFile.at', () => {
  it.each([
    ['a missing file', 'missing', /no such file/],
    ['a directory', '.', /is a directory/],
    ['an empty file', 'empty', /is empty/],
    ['a path through a file', 'empty/x', /part of its path is a file/],
    ['a name with a zero byte', 'a\0b', /zero byte/],
    ['a name that is too long', 'x'.repeat(300), /name is too long/],
    ['links in a circle', 'loop', /in a circle/],
    ['a device', '/dev/null', /not a regular file/],
  ])('refuses %s', async (_what, name, problem) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'empty'), '');
    await symlink(join(folder, 'loop'), join(folder, 'loop')).catch(() => undefined);
    const path = name.startsWith('/') ? name : join(folder, name);
    await expect(ContentFile.at(path)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(problem),
    });
  });
});
