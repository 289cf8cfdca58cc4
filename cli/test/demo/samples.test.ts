import { describe, expect, it } from '@jest/globals';
import dicomParser from 'dicom-parser';
import { ctImage } from '../../src/demo/samples/ct-image.js';
import { patientSummaryJson } from '../../src/demo/samples/patient-summary.js';
import { vitalSignsCsv } from '../../src/demo/samples/vital-signs.js';

const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

interface Resource {
  readonly resourceType: string;
  readonly [member: string]: unknown;
}
interface Bundle extends Resource {
  readonly type: string;
  readonly entry: readonly { readonly fullUrl: string; readonly resource: Resource }[];
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'reference' ? [String(member)] : referencesIn(member),
  );
}

describe('the built-in patient summary', () => {
  const bundle = JSON.parse(text(patientSummaryJson())) as Bundle;

  it('is a FHIR document that begins with its Composition', () => {
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'document' });
    expect(bundle.entry[0]?.resource).toMatchObject({
      resourceType: 'Composition',
      type: { coding: [{ system: 'http://loinc.org', code: '60591-5' }] },
    });
  });

  it('has the sections that an International Patient Summary must have', () => {
    const { section } = bundle.entry[0]!.resource as unknown as {
      section: { code: { coding: { code: string }[] }; text: object; entry: object[] }[];
    };
    expect(section.map(({ code }) => code.coding[0]?.code)).toEqual([
      '48765-2',
      '10160-0',
      '11450-4',
    ]);
    for (const { entry, text: narrative } of section) {
      expect(entry.length).toBeGreaterThan(0);
      expect(narrative).toMatchObject({ status: 'generated' });
    }
  });

  it('refers to nothing outside itself, and to every entry but the Composition', () => {
    const urls = bundle.entry.map(({ fullUrl }) => fullUrl);
    expect(new Set(urls).size).toBe(urls.length);
    expect(new Set(referencesIn(bundle))).toEqual(new Set(urls.slice(1)));
    for (const { fullUrl, resource } of bundle.entry) {
      expect(fullUrl).toBe(`urn:uuid:${String(resource['id'])}`);
    }
  });
});

describe('the built-in image', () => {
  const dicom = dicomParser.parseDicom(ctImage());

  it('is a CT image of 64 × 64 pixels of 16 bits', () => {
    expect(dicom.warnings).toEqual([]);
    expect(dicom.string('x00020010')).toBe('1.2.840.10008.1.2.1');
    expect(dicom.string('x00080016')).toBe('1.2.840.10008.5.1.4.1.1.2');
    expect(dicom.string('x00020003')).toBe(dicom.string('x00080018'));
    expect([dicom.uint16('x00280010'), dicom.uint16('x00280011')]).toEqual([64, 64]);
    expect(dicom.elements['x7fe00010']).toMatchObject({ vr: 'OW', length: 64 * 64 * 2 });
  });

  it('writes the version of its meta information as bytes', () => {
    expect(dicom.elements['x00020001']).toMatchObject({ vr: 'OB', length: 2 });
    expect([...dicom.byteArray.subarray(156, 158)]).toEqual([0, 1]);
  });

  it('shows air outside, soft tissue, lung and bone', () => {
    const hounsfield = (column: number, row: number): number =>
      dicom.uint16('x7fe00010', row * 64 + column)! + dicom.intString('x00281052')!;
    expect([hounsfield(0, 0), hounsfield(32, 12), hounsfield(22, 30), hounsfield(32, 46)]).toEqual([
      -1000, 40, -750, 650,
    ]);
  });

  it('is the same at every call', () => {
    expect(Buffer.from(ctImage()).equals(Buffer.from(ctImage()))).toBe(true);
  });
});

describe('the built-in vital signs', () => {
  const [header, ...rows] = text(vitalSignsCsv()).trimEnd().split('\r\n');

  it('has a row for every ten minutes of a day, in plausible ranges', () => {
    expect(header).toMatch(/^time,heart_rate_bpm,/);
    expect(rows).toHaveLength(144);
    for (const row of rows) {
      const [time = '', ...values] = row.split(',');
      expect(new Date(time).toISOString()).toBe(time);
      const [heartRate = 0, systolic = 0, diastolic = 0, spo2 = 0] = values.map(Number);
      expect(heartRate > 50 && heartRate < 100).toBe(true);
      expect(systolic > diastolic + 20).toBe(true);
      expect(spo2 > 90 && spo2 <= 100).toBe(true);
    }
  });
});
