/**
 * Rosters: which organizations keep the shares of audience grants from now on.
 *
 * @module
 */
import {
  canonicalJson,
  EmrError,
  MspId,
  RosterTerms,
  validate,
  type Roster,
  type RosterSupport,
} from '@emr-share/model';
import { defaultThreshold } from '../grants/terms.js';
import type { CallOptions, Ledger } from '../ports/ledger.js';
import { submitSettled } from '../settle.js';

/** The roster in force, and what organizations support as the next one. */
export interface Rosters {
  readonly inForce: Roster | null;
  readonly supported: readonly RosterSupport[];
}

export interface ProposeRosterOptions extends CallOptions {
  /** In their order: share `i + 1` is of the `i`-th. */
  readonly custodians: readonly MspId[];
  /** How many must answer. Default, and least: more than half. */
  readonly threshold?: number | undefined;
}

const never = new AbortController().signal;

/** The rosters, as the own organization's peer has them. */
export async function listRosters(ledger: Ledger, options: CallOptions = {}): Promise<Rosters> {
  const { signal } = options;
  const organizations = [ledger.mspId];
  const answer = await ledger.evaluate('custody:ListRosters', {}, { organizations, signal });
  return { inForce: answer.inForce ?? null, supported: answer.supported };
}

/**
 * (Admin.) Proposes the next roster for the own organization, in the place of what it supported before.
 * It comes in force when a majority of the organizations with a custodian key supports the same.
 *
 * @throws EmrError `ROSTER_REFUSED` for a minority, `CUSTODIAN_NOT_FOUND`, `ROLE_DENIED`;
 *   `ROSTER_STALE` where another one has come in force meanwhile.
 */
export async function proposeRoster(
  ledger: Ledger,
  { custodians, threshold, signal }: ProposeRosterOptions,
): Promise<RosterSupport> {
  const { inForce } = await listRosters(ledger, { signal });
  const terms = {
    number: (inForce?.number ?? 0) + 1,
    custodians: [...custodians],
    threshold: threshold ?? defaultThreshold(custodians.length),
  };
  return support(ledger, validate(RosterTerms, terms, 'the roster'), signal);
}

/**
 * (Admin.) Supports what another organization supports as the next roster. Repeating it changes nothing.
 *
 * @param proposer - One that supports it.
 * @throws EmrError `ROSTER_NOT_FOUND` where that organization supports none; as {@link proposeRoster}.
 */
export async function approveRoster(
  ledger: Ledger,
  proposer: MspId,
  { signal }: CallOptions = {},
): Promise<RosterSupport> {
  const named = validate(MspId, proposer, 'the organization');
  const { inForce, supported } = await listRosters(ledger, { signal });
  const proposed = supported.find(({ supporters }) => supporters.includes(named));
  if (proposed === undefined) {
    throw new EmrError('ROSTER_NOT_FOUND', { number: (inForce?.number ?? 0) + 1 });
  }
  return support(ledger, proposed.roster, signal);
}

async function support(
  ledger: Ledger,
  terms: RosterTerms,
  signal: AbortSignal = never,
): Promise<RosterSupport> {
  const { response } = await submitSettled(ledger, 'custody:SupportRoster', terms, {
    signal,
    recall: () => supported(ledger, terms, signal),
    missing: 'ROSTER_NOT_FOUND',
    isOurs: ({ adopted, supporters }) => adopted || supporters.includes(ledger.mspId),
  });
  return response;
}

/** These very terms, as they stand. Throws `ROSTER_NOT_FOUND` where nobody supports them. */
async function supported(
  ledger: Ledger,
  terms: RosterTerms,
  signal: AbortSignal,
): Promise<RosterSupport> {
  const { inForce, supported: all } = await listRosters(ledger, { signal });
  const same = all.find(({ roster }) => canonicalJson(roster) === canonicalJson(terms));
  if (same !== undefined) return same;
  const { number } = terms;
  if (inForce === null) throw new EmrError('ROSTER_NOT_FOUND', { number });
  const { adoptedAt: _adoptedAt, ...adopted } = inForce;
  if (canonicalJson(adopted) !== canonicalJson(terms)) {
    throw new EmrError('ROSTER_NOT_FOUND', { number });
  }
  return { roster: terms, supporters: [], needed: 0, adopted: true };
}
