/**
 * Chapter 4: records that somebody else made, or that somebody made over.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { recordBodyOf, type RecordBody, type TransactionRecord } from '@emr-share/model';
import type { Actor } from '../cast.js';
import { firstOf } from '../demand.js';
import type { Chapter } from '../story.js';

function signed(body: RecordBody, signer: Actor): TransactionRecord {
  return { ...body, signature: signer.keyring.sign('record', body) };
}

export const forgingChapter: Chapter = async ({ cast, filed, steps, signal }) => {
  const { doctor, physician, stranger } = cast;
  const genuine = recordBodyOf(firstOf(filed, 'record').record);
  /** All fields right but the record ID: taken from a record that was accepted. */
  const copy = (): RecordBody => ({
    ...genuine,
    recordId: randomBytes(16).toString('hex'),
    timestamp: Date.now(),
  });
  const submit = (by: Actor, record: TransactionRecord): Promise<unknown> =>
    by.ledger.submit('records:FileRecord', record, { signal });

  await steps.denied(
    {
      name: 'files a record, all fields right, without being registered',
      actor: stranger.name,
      code: 'CALLER_UNREGISTERED',
      proof: 'A certificate alone is not enough.',
    },
    () => submit(stranger, signed({ ...copy(), author: stranger.userId }, stranger)),
  );
  await steps.denied(
    {
      name: 'files a record that the unregistered Dr. Nemo signed',
      actor: physician.name,
      code: 'SIGNER_UNREGISTERED',
      proof: 'Nobody vouches for the key that signed it.',
    },
    () => submit(physician, signed({ ...copy(), author: stranger.userId }, stranger)),
  );
  await steps.denied(
    {
      name: 'files a record in the name of Dr. Amari',
      actor: physician.name,
      code: 'SIGNER_MISMATCH',
      proof: 'The certificate that calls and the author of the record are not the same person.',
    },
    () => submit(physician, signed(copy(), physician)),
  );
  await steps.denied(
    {
      name: 'files a record that another key signed',
      actor: doctor.name,
      code: 'SIGNATURE_INVALID',
      proof: 'The signature does not verify under the key that Dr. Amari registered.',
    },
    () => submit(doctor, signed(copy(), physician)),
  );
  await steps.denied(
    {
      name: 'alters a filed record, same author, same date, and signs it again',
      actor: doctor.name,
      code: 'RECORD_EXISTS',
      proof: 'Even with a genuine signature: what is filed does not change.',
    },
    () => {
      const ciphertextSha256 = randomBytes(32).toString('hex');
      const metadata = { ...genuine.metadata, ciphertextSha256 };
      return submit(doctor, signed({ ...genuine, metadata }, doctor));
    },
  );
};
