/**
 * Cards: a patient's pseudonymous ID and hospital as text that can be read out and typed in, and that
 * fits a QR code. Bech32m: `EMR1`, then symbols that are hard to mix up, the last six a check that
 * finds any error in up to three of them, two that were swapped included. See docs/protocol.md §2.4.
 *
 * @module
 * @see https://github.com/bitcoin/bips/blob/master/bip-0350.mediawiki
 */
import { EmrError, MspId, UserId, validate } from '@emr-share/model';
import { bech32m } from '@scure/base';
import * as v from 'valibot';

/** What a card says: whom to ask the ledger for, and nothing of the person. */
export const PatientCard = v.strictObject({ userId: UserId, mspId: MspId });
export type PatientCard = v.InferOutput<typeof PatientCard>;

const PREFIX = 'emr';
const VERSION = 0;
/** Longer than the card of the longest IDs. */
const MAX_CHARS = 400;
const CARD = /^emr1[02-9ac-hj-np-z]+$/;
const SPACING = /[\s\u00a0-]+/g;

function invalid(problem: string, cause?: unknown): EmrError<'CARD_INVALID'> {
  return new EmrError('CARD_INVALID', { problem }, { cause });
}

/**
 * The text of a card, in capitals and without spaces, as a QR code holds it.
 *
 * @throws EmrError `INPUT_INVALID`.
 */
export function cardText(card: PatientCard): string {
  const { userId, mspId } = validate(PatientCard, card, 'the card');
  const bytes = new TextEncoder().encode(`${userId}@${mspId}`);
  return bech32m.encode(PREFIX, [VERSION, ...bech32m.toWords(bytes)], MAX_CHARS).toUpperCase();
}

/** The same in groups of four, as it is printed. */
export function spacedCardText(card: PatientCard): string {
  return (cardText(card).match(/.{1,4}/g) ?? []).join(' ');
}

function wordsOf(text: string): number[] {
  const typed = text.replace(SPACING, '').toLowerCase();
  if (typed.length > MAX_CHARS) throw invalid('it is too long');
  if (!typed.startsWith(`${PREFIX}1`)) throw invalid('it does not begin with EMR1');
  if (!CARD.test(typed)) {
    throw invalid('it has a character that no card has (after EMR1 there is no 1, B, I or O)');
  }
  try {
    return bech32m.decode(typed as `${string}1${string}`, MAX_CHARS).words;
  } catch (cause) {
    throw invalid('a character is wrong, missing or in the wrong place', cause);
  }
}

/**
 * Reads what a person typed in or a scanner read: capitals, spaces and hyphens do not matter.
 *
 * @throws EmrError `CARD_INVALID` for what is no card, or has an error in it.
 */
export function readCard(text: string): PatientCard {
  const [version, ...words] = wordsOf(text);
  if (version !== VERSION) throw invalid('it is of a newer version of this program');
  try {
    const [userId, mspId, ...others] = new TextDecoder('utf-8', { fatal: true })
      .decode(bech32m.fromWords(words))
      .split('@');
    if (others.length === 0) return v.parse(PatientCard, { userId, mspId });
  } catch (cause) {
    throw invalid('it does not hold an ID and a hospital', cause);
  }
  throw invalid('it does not hold an ID and a hospital');
}
