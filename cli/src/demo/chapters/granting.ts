/**
 * Chapter 3: no grant, no access; a grant opens exactly what it names, for the purposes it names.
 *
 * @module
 */
import type { Category, TransactionRecord } from '@emr-share/model';
import { read } from '../reading.js';
import { firstOf, demand } from '../demand.js';
import type { Chapter, Story } from '../story.js';

const DAY_MS = 86_400_000;
/** No file is filed under it, so that the grant never covers it. */
const DIARY_CATEGORY: Category = 'sensor-data';
const DIARY = 'date,systolic_mmhg,diastolic_mmhg\n2026-03-01,131,82\n2026-03-02,127,80\n';

async function fileDiary({ cast: { patient }, signal }: Story): Promise<TransactionRecord> {
  const { record } = await patient.client.records.upload(new TextEncoder().encode(DIARY), {
    patient: patient.userId,
    category: DIARY_CATEGORY,
    contentType: 'text/csv',
    signal,
  });
  return record;
}

async function fetchAll(story: Story): Promise<void> {
  const { cast, filed, narrator } = story;
  const totalBytes = filed.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  const progress = narrator.progress('fetching', totalBytes);
  let doneBytes = 0;
  try {
    for (const each of filed) {
      each.fetchedSha256 = await read(
        story,
        cast.physician,
        each.record.recordId,
        'TREAT',
        (bytes) => {
          doneBytes += bytes;
          progress.update(doneBytes);
        },
      );
      demand(
        each.fetchedSha256 === each.plaintextSha256,
        `the physician got other bytes than were filed as ${each.file.name}`,
      );
    }
  } finally {
    progress.stop();
  }
}

export const grantingChapter: Chapter = async (story) => {
  const { cast, filed, pace, steps, signal } = story;
  const { patient, physician } = cast;
  const { record, file } = firstOf(filed, 'record');
  await steps.denied(
    {
      name: `asks for ${file.name} without a grant`,
      actor: physician.name,
      code: 'ACCESS_DENIED',
      proof: 'Without a grant there is no key to re-encrypt with: nobody could let this reader in.',
    },
    () => read(story, physician, record.recordId),
  );
  const diary = await steps.ok(
    'keeps a blood pressure diary to herself',
    patient.name,
    async () => ({
      value: await fileDiary(story),
      proof: `Filed under ${DIARY_CATEGORY}, which she is not going to grant.`,
    }),
  );
  const categories = [...new Set(filed.map(({ record: { info } }) => info.category))];
  await steps.ok(`grants ${physician.name} treatment for 30 days`, patient.name, async () => {
    const { body } = await patient.client.grants.create({
      grantee: physician.userId,
      categories,
      purposes: ['TREAT'],
      durationMs: 30 * DAY_MS,
      signal,
    });
    return {
      value: undefined,
      proof: `${categories.join(', ')}. The re-encryption key was split on her device: ${String(body.custodians.length)} hospitals hold one sealed fragment each, ${String(body.threshold)} must answer. None of them can read anything.`,
    };
  });
  pace.grantMs = steps.lastMs;
  await steps.ok(
    `fetches all ${String(filed.length)} granted records`,
    physician.name,
    async () => {
      await fetchAll(story);
      return {
        value: undefined,
        proof: `${String(filed.length)} of ${String(filed.length)} byte-identical to what was filed (SHA-256). Each reading is on the ledger with its purpose.`,
      };
    },
  );
  await steps.denied(
    {
      name: 'asks for the diary, which is outside the grant',
      actor: physician.name,
      code: 'SCOPE_NOT_GRANTED',
      proof:
        'Each category has a key of its own: the fragments of this grant do not fit the diary.',
    },
    () => read(story, physician, diary.recordId),
  );
  await steps.denied(
    {
      name: `asks for ${file.name} for research`,
      actor: physician.name,
      code: 'PURPOSE_DENIED',
      proof: 'She granted treatment. Every organization checks the purpose for itself.',
    },
    () => read(story, physician, record.recordId, 'HRESCH'),
  );
};
