/**
 * A patient's standing policy.
 *
 * @module
 */
import {
  canonicalJson,
  PolicyBody,
  validate,
  type CanonicalValue,
  type Category,
  type PurposeOfUse,
  type SignedPolicy,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { find, submitSettled } from '../settle.js';

/** What a patient decides; see `PolicyBody` for each term. */
export interface PolicyTerms {
  readonly purposes: readonly PurposeOfUse[];
  readonly maxGrantMs: number;
  readonly ticketMs: number;
  readonly closedCategories: readonly Category[];
}

const DAY_MS = 86_400_000;

/** Care and the patient's own requests; grants of at most a year; five minutes to fetch a record. */
export const DEFAULT_POLICY: PolicyTerms = {
  purposes: ['TREAT', 'ETREAT', 'CAREMGT', 'PATRQT', 'FAMRQT'],
  maxGrantMs: 366 * DAY_MS,
  ticketMs: 300_000,
  closedCategories: [],
};

function termsOf(body: PolicyBody): PolicyTerms {
  const { purposes, maxGrantMs, ticketMs, closedCategories } = body;
  return { purposes, maxGrantMs, ticketMs, closedCategories };
}

function sameTerms(a: PolicyTerms, b: PolicyTerms): boolean {
  const comparable = (terms: PolicyTerms): CanonicalValue => ({
    ...terms,
    purposes: terms.purposes.toSorted(),
    closedCategories: terms.closedCategories.toSorted(),
  });
  return canonicalJson(comparable(a)) === canonicalJson(comparable(b));
}

/** See `Identity.publishPolicy`. */
export async function publishPolicy(
  context: ClientContext,
  terms: Partial<PolicyTerms>,
  signal: AbortSignal,
): Promise<SignedPolicy> {
  const { ledger, keyring, clock, userId: patient } = context;
  const current = await find('POLICY_NOT_FOUND', () =>
    ledger.evaluate('registry:GetPolicy', { patient }, { signal }),
  );
  const before = current === null ? DEFAULT_POLICY : termsOf(current.body);
  const wanted = { ...before, ...terms };
  if (current !== null && sameTerms(before, wanted)) return current;

  const version = (current?.body.version ?? 0) + 1;
  const body = validate(
    PolicyBody,
    { ...wanted, patient, version, publishedAt: clock.now() },
    'the policy',
  );
  const signature = keyring.sign('policy', body);
  const { response } = await submitSettled(
    ledger,
    'registry:PublishPolicy',
    { body, signature },
    {
      signal,
      recall: () => ledger.evaluate('registry:GetPolicy', { patient, version }, { signal }),
      missing: 'POLICY_NOT_FOUND',
      isOurs: (found) => found.signature === signature,
    },
  );
  return response;
}
