/**
 * Whether the organizations that were asked computed the same.
 *
 * @module
 */
import { EmrError, type MspId } from '@emr-share/model';
import { canonicalSha256 } from '../hash.js';
import type { Endorsed, PeerSignature } from './endorsement.js';
import type { SimulationResult } from './simulation-result.js';

/** What one organization answered. */
export interface Answer {
  readonly mspId: MspId;
  readonly outcome: PromiseSettledResult<Endorsed>;
}

/** One result and everybody's signature under it. */
export interface Agreement {
  readonly result: SimulationResult;
  readonly endorsements: readonly PeerSignature[];
}

/**
 * The common result of all that were asked.
 *
 * @throws EmrError of the contract where all refuse; `ENDORSEMENT_MISMATCH` with the organizations
 * that stand apart from the most, where they differ.
 */
export function agree(answers: readonly Answer[]): Agreement {
  const [largest = [], ...others] = groupsOf(answers).sort((a, b) => b.length - a.length);
  const [first] = largest;
  if (first === undefined) throw new TypeError('nobody was asked');
  if (others.length > 0) throw mismatch(largest, others);
  if (first.outcome.status === 'rejected') throw first.outcome.reason;
  const endorsements = largest.flatMap(({ outcome }) =>
    outcome.status === 'fulfilled' ? [outcome.value.endorsement] : [],
  );
  return { result: first.outcome.value.result, endorsements };
}

function groupsOf(answers: readonly Answer[]): Answer[][] {
  const groups = new Map<string, Answer[]>();
  for (const answer of answers) {
    const key = keyOf(answer);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [answer]);
    else group.push(answer);
  }
  return [...groups.values()];
}

function mismatch(largest: readonly Answer[], others: readonly Answer[][]): EmrError {
  const apart = others.flat();
  const isEven = others.some((group) => group.length === largest.length);
  const named = isEven ? [...largest, ...apart] : apart;
  const failure = named.find(({ outcome }) => outcome.status === 'rejected')?.outcome;
  return new EmrError(
    'ENDORSEMENT_MISMATCH',
    { organizations: named.map(({ mspId }) => mspId).join(', ') },
    { cause: failure?.status === 'rejected' ? failure.reason : undefined },
  );
}

/** Equal for equal results, and for refusals with equal codes. */
function keyOf({ outcome }: Answer): string {
  if (outcome.status === 'fulfilled') return canonicalSha256(outcome.value.result);
  return EmrError.is(outcome.reason) ? outcome.reason.code : String(outcome.reason);
}
