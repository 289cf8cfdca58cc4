/**
 * The story: a patient's records are filed, shared, attacked, and taken back. Each chapter runs its
 * steps on the same people and the same records.
 *
 * @module
 */
import type { TransactionRecord } from '@emr-share/model';
import type { DemoBackend } from './backend.js';
import type { Cast } from './cast.js';
import { auditChapter } from './chapters/auditing.js';
import { emergencyChapter } from './chapters/emergency.js';
import { filingChapter } from './chapters/filing.js';
import { forgingChapter } from './chapters/forging.js';
import { grantingChapter } from './chapters/granting.js';
import { leavingChapter } from './chapters/leaving.js';
import { recoveryChapter } from './chapters/recovering.js';
import { registeringChapter } from './chapters/registering.js';
import { revokingChapter } from './chapters/revoking.js';
import { tamperingChapter } from './chapters/tampering.js';
import type { Narrator } from './narrator.js';
import type { RecordFile } from './record-files.js';
import type { Steps } from './steps.js';

/** One of the files, as it was filed. */
export interface FiledRecord {
  readonly file: RecordFile;
  readonly record: TransactionRecord;
  readonly plaintextSha256: string;
  readonly ciphertextSha256: string;
  /** Over what the granted physician got. */
  fetchedSha256?: string;
}

/** What the chapters share, and what they have found so far. */
export interface Story {
  readonly backend: DemoBackend;
  readonly cast: Cast;
  readonly files: readonly RecordFile[];
  readonly narrator: Narrator;
  readonly steps: Steps;
  readonly signal: AbortSignal;
  readonly filed: FiledRecord[];
  /** IDs of the tickets that readers got. */
  readonly tickets: string[];
  /** How long this machine takes. */
  readonly pace: { grantMs: number };
}

export type Chapter = (story: Story) => Promise<void>;

const CHAPTERS: readonly { readonly title: string; readonly run: Chapter }[] = [
  { title: 'Three hospitals and their people', run: registeringChapter },
  { title: 'Filing the records', run: filingChapter },
  { title: 'Granting and reading', run: grantingChapter },
  { title: 'Forging', run: forgingChapter },
  { title: 'Tampering with the store', run: tamperingChapter },
  { title: 'An emergency', run: emergencyChapter },
  { title: 'A hospital that leaves, and comes back', run: leavingChapter },
  { title: 'Expiry and revocation', run: revokingChapter },
  { title: 'A device that is lost', run: recoveryChapter },
  { title: 'What the chain shows', run: auditChapter },
];

/** Tells the whole story. Throws the error of the first step that ends otherwise than it must. */
export async function tellStory(story: Story): Promise<void> {
  for (const { title, run } of CHAPTERS) {
    story.signal.throwIfAborted();
    story.narrator.chapter(title);
    await run(story);
  }
}
