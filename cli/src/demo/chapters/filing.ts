/**
 * Chapter 2: the doctor files the records, and only the patient can open them.
 *
 * @module
 */
import { HashedFile, sha256Of } from '../hashing.js';
import { byteSize } from '../../output/size.js';
import { read } from '../reading.js';
import type { RecordFile } from '../record-files.js';
import { demand } from '../demand.js';
import type { Chapter, FiledRecord, Story } from '../story.js';

async function file(
  { backend, cast, signal }: Story,
  file: RecordFile,
  onBytes: (bytes: number) => void,
): Promise<FiledRecord> {
  const source = new HashedFile(file.path, file.sizeBytes);
  const { record } = await cast.doctor.client.records.upload(source, {
    patient: cast.patient.userId,
    category: file.category,
    contentType: file.contentType,
    signal,
    onProgress: ({ phase, bytes }) => {
      if (phase === 'store') onBytes(bytes);
    },
  });
  const stored = backend.blobs.get(record.info.cid, { signal });
  const filed = {
    file,
    record,
    plaintextSha256: source.sha256,
    ciphertextSha256: await sha256Of(stored),
  };
  demand(
    filed.ciphertextSha256 === record.metadata.ciphertextSha256,
    `the store has other bytes for ${file.name} than the ledger says`,
  );
  return filed;
}

async function fileAll(story: Story): Promise<number> {
  const { files, filed, narrator } = story;
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const progress = narrator.progress('filing', totalBytes);
  let doneBytes = 0;
  try {
    for (const each of files) {
      filed.push(
        await file(story, each, (bytes) => {
          progress.update(doneBytes + bytes);
        }),
      );
      doneBytes += each.sizeBytes;
    }
  } finally {
    progress.stop();
  }
  return totalBytes;
}

async function readAllBack(story: Story): Promise<void> {
  const { cast, filed } = story;
  for (const { file, record, plaintextSha256 } of filed) {
    const sha256 = await read(story, cast.patient, record.recordId);
    demand(
      sha256 === plaintextSha256,
      `the patient got other bytes than were filed as ${file.name}`,
    );
  }
}

export const filingChapter: Chapter = async (story) => {
  const { cast, filed, files, steps } = story;
  const count = `${String(files.length)} ${files.length === 1 ? 'file' : 'files'}`;
  await steps.ok(`files ${count} for the patient`, cast.doctor.name, async () => {
    const totalBytes = await fileAll(story);
    return {
      value: undefined,
      proof: `${byteSize(totalBytes)} encrypted on the doctor's machine and stored; the ledger has the hash of each ciphertext, signed by the doctor, and no personal data. Not even the doctor can open them now.`,
    };
  });
  await steps.ok(`reads ${count} back`, cast.patient.name, async () => {
    await readAllBack(story);
    return {
      value: undefined,
      proof: `${String(filed.length)} of ${String(filed.length)} byte-identical to what the doctor filed. Nobody had to be asked.`,
    };
  });
};
