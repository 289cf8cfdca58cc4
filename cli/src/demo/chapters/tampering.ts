/**
 * Chapter 5: somebody with access to the store's disk changes a ciphertext.
 *
 * @module
 */
import { read } from '../reading.js';
import { firstOf, demand } from '../demand.js';
import type { Chapter } from '../story.js';

export const tamperingChapter: Chapter = async (story) => {
  const { backend, cast, filed, steps } = story;
  const target = firstOf(
    filed.toSorted((a, b) => a.file.sizeBytes - b.file.sizeBytes),
    'record',
  );
  const { record, file, plaintextSha256 } = target;
  const damage = await steps.ok(
    `flips one bit of the stored ciphertext of ${file.name}`,
    'an intruder at the store',
    async () => {
      const value = await backend.damage(record.info.cid);
      return { value, proof: `${value.what}; the file on the disk is changed for real.` };
    },
  );
  await steps.denied(
    {
      name: `fetches ${file.name}`,
      actor: cast.physician.name,
      code: 'BLOB_CORRUPT',
      proof: 'Every block is checked against its hash as it is read; nothing wrong is ever shown.',
    },
    () => read(story, cast.physician, record.recordId),
  );
  await steps.ok('restores the block; Dr. Weber reads again', 'the store', async () => {
    await damage.heal();
    const sha256 = await read(story, cast.physician, record.recordId);
    demand(sha256 === plaintextSha256, 'the restored record is not what was filed');
    return { value: undefined, proof: 'Byte-identical again.' };
  });
};
