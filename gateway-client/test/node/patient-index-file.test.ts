import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findOnePatient, type IndexedPatient } from '../../src/index.js';
import { PatientIndexFile } from '../../src/node.js';
import { codeOf } from '../support/refusal.js';

const MRN = 'https://hospa.example/mrn';
const ana: IndexedPatient = {
  patient: 'ana-4711',
  identifiers: [{ system: MRN, value: 'AB 4711' }, { value: 'E-77' }],
  names: ['Ana-Lena Müller', 'Ana Sample'],
  birthDate: '1978-05-14',
  sex: 'female',
};
const twin: IndexedPatient = {
  patient: 'tom-0815',
  identifiers: [{ system: 'urn:other', value: 'AB4711' }],
  names: ["Tom O'Müller", 'Tom Mueller'],
  birthDate: '1978-05-14',
  sex: 'male',
};

let folder: string;
const at = () => ({ directory: join(folder, 'index'), keyFile: join(folder, 'key') });

async function withIndex<T>(use: (index: PatientIndexFile) => Promise<T>): Promise<T> {
  await using index = await PatientIndexFile.open({ ...at(), create: true });
  return await use(index);
}

const idsOf = (patients: readonly IndexedPatient[]) => patients.map(({ patient }) => patient);

async function allBytes(): Promise<Buffer> {
  const names = await readdir(at().directory);
  return Buffer.concat(
    await Promise.all(names.map((name) => readFile(join(at().directory, name)))),
  );
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emr-index-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('a patient index', () => {
  it('keeps what was put, over a closing', async () => {
    await withIndex((index) => index.put([ana, twin]));
    const query = { identifier: { system: MRN, value: 'AB 4711' } };
    expect(await withIndex((index) => index.find(query))).toEqual([ana]);
  });

  it.each([
    ['by number, without case and spaces', { identifier: { value: 'a b4711' } }, 2],
    ['by number and system', { identifier: { value: 'AB4711', system: MRN } }, 1],
    ['by any word of the name', { name: 'lena', birthDate: '1978-05-14' }, 1],
    ['by words in any order', { name: 'SAMPLE,  ana', birthDate: '1978-05-14' }, 1],
    ['by an umlaut in any spelling', { name: 'MUELLER', birthDate: '1978-05-14' }, 2],
    ['by a name without its accents', { name: 'Muller', birthDate: '1978-05-14' }, 1],
    ['by compatible characters', { name: 'Ａｎａ', birthDate: '1978-05-14' }, 1],
    ['by name and sex', { name: 'Müller', birthDate: '1978-05-14', sex: 'female' }, 1],
    [
      'with all that is given only',
      { identifier: { value: 'E-77' }, name: 'Tom', birthDate: '1978-05-14' },
      0,
    ],
    ['not with another birth date', { name: 'Ana', birthDate: '1978-05-15' }, 0],
    ['not by a part of a word', { name: 'Mül', birthDate: '1978-05-14' }, 0],
    ['not by a name without words', { name: '…', birthDate: '1978-05-14' }, 0],
  ] as const)('finds %s', async (_how, query, count) => {
    const found = await withIndex(async (index) => {
      await index.put([ana, twin]);
      return index.find(query);
    });
    expect(idsOf(found)).toHaveLength(count);
  });

  it('finds those of whose birth date less is known', async () => {
    const found = await withIndex(async (index) => {
      await index.put([
        { ...ana, birthDate: '1978' },
        { ...twin, birthDate: '1978-05' },
      ]);
      return index.find({ name: 'mueller', birthDate: '1978-05-14' });
    });
    expect(idsOf(found)).toEqual(['ana-4711', 'tom-0815']);
  });

  it('asks for more than a name', async () => {
    const asked = withIndex((index) => index.find({ name: 'Ana' }));
    expect(await codeOf(() => asked)).toBe('INPUT_INVALID');
  });

  it('replaces a patient, and forgets what led there before', async () => {
    await withIndex(async (index) => {
      await index.put([ana]);
      await index.put([{ ...ana, names: ['Ana Newname'], identifiers: [] }]);
      expect(await index.find({ identifier: { value: 'E-77' } })).toEqual([]);
      expect(await index.find({ name: 'sample', birthDate: '1978-05-14' })).toEqual([]);
      const [found] = await index.find({ name: 'newname', birthDate: '1978-05-14' });
      expect(found?.patient).toBe('ana-4711');
    });
  });

  it('forgets a patient, down to the bytes', async () => {
    await withIndex((index) => index.put([ana]));
    const before = await allBytes();
    await withIndex(async (index) => {
      expect(await index.remove('ana-4711')).toBe(true);
      expect(await index.remove('ana-4711')).toBe(false);
      expect(await index.find({ identifier: { value: 'E-77' } })).toEqual([]);
    });
    const rows = (bytes: Buffer) => bytes.toString('latin1').split('t!').length;
    expect(rows(await allBytes())).toBeLessThan(rows(before));
  });

  it('takes all patients of a call or none', async () => {
    await withIndex(async (index) => {
      const repeated = index.put([twin, ana, twin]);
      expect(await codeOf(() => repeated)).toBe('INPUT_INVALID');
      const bad = index.put([ana, { ...twin, birthDate: '1978-02-30' }]);
      expect(await codeOf(() => bad)).toBe('INPUT_INVALID');
      expect(await index.find({ identifier: { value: 'E-77' } })).toEqual([]);
    });
  });

  it('names one patient, or says how many fit and what to add', async () => {
    await withIndex(async (index) => {
      await index.put([ana, twin]);
      const one = await findOnePatient(index, { identifier: { value: 'E-77' } });
      expect(one.patient).toBe('ana-4711');
      await expect(findOnePatient(index, { identifier: { value: '999' } })).rejects.toMatchObject({
        code: 'PATIENT_NOT_INDEXED',
      });
      await expect(
        findOnePatient(index, { identifier: { value: 'AB4711' } }),
      ).rejects.toMatchObject({
        code: 'PATIENT_AMBIGUOUS',
        details: { count: 2, add: 'the system of the number, or name and birth date, or the sex' },
      });
    });
  });
});

describe('the files of a patient index', () => {
  it('say nothing of anyone without the key', async () => {
    await withIndex((index) => index.put([ana, twin]));
    const bytes = (await allBytes()).toString('latin1').toLowerCase();
    for (const secret of ['sample', 'mueller', 'ab 4711', '1978-05', 'hospa.example', 'female']) {
      expect(bytes).not.toContain(secret);
    }
  });

  it('are for their owner only', async () => {
    await withIndex((index) => index.put([ana]));
    const { directory, keyFile } = at();
    expect((await stat(directory)).mode & 0o077).toBe(0);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  });

  it('are not opened where there are none', async () => {
    expect(await codeOf(() => PatientIndexFile.open(at()))).toBe('INDEX_NOT_FOUND');
  });

  it('are opened by one process at a time', async () => {
    await withIndex(async () => {
      expect(await codeOf(() => PatientIndexFile.open(at()))).toBe('INDEX_BUSY');
    });
    await withIndex(async (index) => {
      expect(await index.find({ identifier: { value: '1' } })).toEqual([]);
    });
  });

  it('need their own key, which others cannot read', async () => {
    await withIndex((index) => index.put([ana]));
    const { directory, keyFile } = at();
    const key = await readFile(keyFile, 'utf8');
    await chmod(keyFile, 0o644);
    expect(await codeOf(() => PatientIndexFile.open(at()))).toBe('INDEX_INVALID');
    await rm(keyFile);
    const renewed = PatientIndexFile.open({ ...at(), create: true });
    await expect(renewed).rejects.toThrow(/key file is missing/);
    await writeFile(keyFile, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
    await expect(PatientIndexFile.open(at())).rejects.toThrow(/key is of another index/);
    await writeFile(keyFile, key, { mode: 0o600 });
    await cp(directory, join(folder, 'copy'), { recursive: true });
    await using copy = await PatientIndexFile.open({ directory: join(folder, 'copy'), keyFile });
    expect(idsOf(await copy.find({ identifier: { value: 'E-77' } }))).toEqual(['ana-4711']);
  });

  it('show an entry that was moved or changed', async () => {
    await withIndex((index) => index.put([ana, twin]));
    const { ClassicLevel } = await import('classic-level');
    const raw = new ClassicLevel<string, Uint8Array>(at().directory, { valueEncoding: 'view' });
    const [[one, first], [two, second]] = (await raw.iterator({ gt: 'p!', lt: 'p!~' }).all()) as [
      [string, Uint8Array],
      [string, Uint8Array],
    ];
    await raw.batch([
      { type: 'put', key: one, value: second },
      { type: 'put', key: two, value: first },
    ]);
    await raw.close();
    const found = withIndex((index) => index.find({ identifier: { value: 'E-77' } }));
    expect(await codeOf(() => found)).toBe('INDEX_INVALID');
  });
});
