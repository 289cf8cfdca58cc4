/**
 * The words of a reason: for the patient and the custodians, for nobody else.
 *
 * @module
 */
import { sealBox, type PublicKey } from '@emr-share/crypto';
import {
  canonicalBytes,
  EmergencyReasonCode,
  EmrError,
  validate,
  type Audience,
  type AudienceTicket,
  type EmergencyReason,
  type MspId,
  type TicketId,
  type UserId,
} from '@emr-share/model';
import { holdersOf } from '../audiences/sharing.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { decoding } from '../crypto-failure.js';
import { custodianKeysOf, type CustodianKeys } from '../custodian-keys.js';
import { publicKeyOf } from '../key-history.js';

/** Why an emergency is declared. */
export interface ReasonOptions {
  /** For all to see. */
  readonly code: EmergencyReasonCode;
  /** At most 500 bytes, for the patient and the privacy officers of the custodians. */
  readonly text?: string | undefined;
}

const MAX_TEXT_BYTES = 500;

/** Whom a reason's words are sealed to: `patient`, or a custodian's MSP ID. */
const contextFor = (ticketId: TicketId, to: MspId): Uint8Array => canonicalBytes({ ticketId, to });

/** Whom the words of a reason can be sealed to. */
export interface Recipients {
  readonly patientKey: PublicKey;
  readonly custodians: CustodianKeys;
}

/** Looks the keys up, each from a majority; `null` where there are no words to seal. */
export async function recipientsOf(
  { directory }: ClientContext,
  { text }: ReasonOptions,
  patient: UserId,
  signal: AbortSignal,
): Promise<Recipients | null> {
  if (text === undefined || text === '') return null;
  const [{ readerKeyHex }, published] = await Promise.all([
    directory.keys(patient, signal),
    directory.custodians(signal),
  ]);
  return {
    patientKey: publicKeyOf(readerKeyHex, 'the reader key'),
    custodians: custodianKeysOf(published),
  };
}

/** A reason as it goes on the ledger. Throws `INPUT_INVALID`. */
export function sealedReason(
  { rng }: ClientContext,
  { code, text = '' }: ReasonOptions,
  recipients: Recipients | null,
  { ticketId, audience }: { readonly ticketId: TicketId; readonly audience: Audience },
): EmergencyReason {
  const checked = validate(EmergencyReasonCode, code, 'the reason');
  if (recipients === null) return { code: checked };
  const words = textBytes(text);
  const sealTo = (key: PublicKey, to: MspId): string =>
    bytesToHex(sealBox(key, words, { context: contextFor(ticketId, to), rng }));
  return {
    code: checked,
    text: {
      patient: sealTo(recipients.patientKey, 'patient'),
      custodians: holdersOf(audience).flatMap((mspId) => {
        const key = recipients.custodians.get(mspId);
        return key === undefined ? [] : [{ mspId, sealed: sealTo(key.publicKey, mspId) }];
      }),
    },
  };
}

function textBytes(text: string): Uint8Array {
  const words = utf8ToBytes(text);
  if (words.length <= MAX_TEXT_BYTES) return words;
  const problem = `expected at most ${MAX_TEXT_BYTES} bytes`;
  throw new EmrError('INPUT_INVALID', { what: "the reason's text", problem });
}

/**
 * The words as the patient's own key opens them, or a privacy officer's organization.
 *
 * @returns `null` where there are none.
 */
export async function readReason(
  { ledger, keyring, userId, mspId }: ClientContext,
  { ticketId, patient, reason }: AudienceTicket,
  signal: AbortSignal,
): Promise<string | null> {
  const sealed = reason?.text;
  if (sealed === undefined) return null;
  if (patient !== userId) {
    const options = { organizations: [mspId], signal };
    return (await ledger.evaluate('emergency:ReadReason', { ticketId }, options)).text;
  }
  const words = decoding("the reason's text", () =>
    keyring.openSealed(hexToBytes(sealed.patient), contextFor(ticketId, 'patient')),
  );
  return new TextDecoder().decode(words);
}
