/**
 * Dealing: each old custodian shares its own share among the custodians of the roster. The parts go to
 * each of them alone, then what binds them goes to everybody.
 *
 * @module
 */
import { reshare, reshareCommitments } from '@emr-share/crypto';
import {
  canonicalBytes,
  DealingDeposit,
  EmrError,
  TRANSIENT_DEALINGS,
  type Dealing,
  type SharedScopeRef,
  type SharingLink,
} from '@emr-share/model';
import { writeAudit } from '../audit-log.js';
import { dueRefresh, eachDue, type DueRefresh } from '../due-refresh.js';
import {
  assertAccepted,
  assertAdminOf,
  assertOwnOrganization,
  custodianOf,
  sameFact,
} from '../facts.js';
import { sha256Hex } from '../hash.js';
import type { Invocation, Rule } from '../invocation.js';
import { dealingKey, dealings as dealingsOf, resharingKey } from '../ledger-keys.js';
import { assertInForce } from '../rosters.js';
import { originalContext } from '../sealed-secret.js';
import { commitmentsOf, shareTerms } from '../shares.js';
import { openOwnShare } from '../sharings.js';
import { publicKeyOf } from '../signed-facts.js';
import { transientData } from '../transient-data.js';
import { takeIn } from './custody.js';
import { assertDealing, dealerIndex } from './dealing-terms.js';

type Prepared = Awaited<ReturnType<typeof prepareDealings>>['prepared'][number];

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Random to others, but the same from each peer of the organization: it comes of the custodian key. */
export const prepareDealings: Rule<'custody:PrepareDealings'> = async (invocation, request) => {
  const { caller, state, service } = invocation;
  const { mspId, roster: number, scopes } = request;
  assertOwnOrganization(mspId, service.mspId);
  assertAdminOf(caller, mspId, 'deal the shares');
  const roster = await assertInForce(state, number);
  const prepared: Prepared[] = [];
  for (const due of await eachDue(invocation, roster, scopes)) {
    if (due.former.custodians.includes(mspId)) prepared.push(await prepare(invocation, due));
  }
  return { prepared };
};

/** Writes private data of this organization only. */
export const depositDealings: Rule<'custody:DepositDealings'> = async (invocation, request) => {
  const { caller, state, service } = invocation;
  const { mspId, dealer, roster: number } = request;
  assertOwnOrganization(mspId, service.mspId);
  assertAdminOf(caller, dealer, 'deal the shares');
  const roster = await assertInForce(state, number);
  const custodian = await custodianOf(state, mspId);
  const { dealings } = transientData(invocation, TRANSIENT_DEALINGS, DealingDeposit);
  const deposited: SharedScopeRef[] = [];
  for (const { dealing, sealed } of dealings) {
    assertDealtBy(dealing, dealer, number);
    const due = await dueRefresh(invocation, roster, dealing);
    if (due === null) continue;
    assertDealing(due, dealing);
    const { ref } = due;
    const terms = shareTerms({ mspId, ...ref, roster: number, dealer }, roster.custodians, dealing);
    const isKept = await isDealt(invocation, dealing);
    await takeIn(invocation, custodian, { sealed, terms, isKept });
    deposited.push(ref);
  }
  // A transaction that wrote nothing would need the endorsement of a majority.
  if (deposited.length === 0) throw nothingDue(dealer, dealings[0]?.dealing.audienceId ?? '');
  return { mspId, deposited };
};

export const deal: Rule<'custody:Deal'> = async (invocation, { dealings }) => {
  const { caller, state } = invocation;
  const [first] = dealings;
  const { dealer = '', roster: number = 1 } = first ?? {};
  assertAdminOf(caller, dealer, 'deal the shares');
  const roster = await assertInForce(state, number);
  const [dealt, fixed]: [SharedScopeRef[], SharedScopeRef[]] = [[], []];
  for (const dealing of dealings) {
    assertDealtBy(dealing, dealer, number);
    const due = await dueRefresh(invocation, roster, dealing);
    if (due === null || (await isFixed(invocation, due.ref, number))) continue;
    assertDealing(due, dealing);
    if (await isDealt(invocation, dealing)) continue;
    await assertDeposited(invocation, dealing);
    await state.put(dealingKey(due.ref.audienceId, due.ref.scopeId, number, dealer), dealing);
    dealt.push(due.ref);
    if (await fix(invocation, due, dealing)) fixed.push(due.ref);
  }
  if (dealt.length > 0) await writeAudit(invocation, { type: 'shares.dealt' });
  return { dealt, fixed };
};

async function prepare(invocation: Invocation, due: DueRefresh): Promise<Prepared> {
  const { state, service } = invocation;
  const { mspId: dealer } = service;
  const { ref, former, roster, threshold } = due;
  const { secret, custodian, stored } = await openOwnShare(invocation, former);
  const { number, custodians } = roster;
  const inputs = {
    ...{ ...ref, dealer, roster: number, custodians, threshold },
    commitments: former.commitments,
    share: sha256Hex(stored),
  };
  const rng = custodian.proofRng(canonicalBytes({ dealing: inputs }));
  const dealt = reshare(secret, { threshold, shares: custodians.length }, { rng });
  const parts = [];
  for (const [i, share] of dealt.shares.entries()) {
    const mspId = custodians[i] ?? '';
    const { publicKey, generation } = await custodianOf(state, mspId);
    const context = originalContext({ mspId, ...ref, roster: number, dealer });
    const box = custodian.seal(share.toBytes(), context, publicKeyOf(publicKey));
    parts.push({ mspId, generation, box });
  }
  return {
    dealing: {
      ...ref,
      roster: number,
      dealer,
      commitments: hexOf(dealt.commitments.toBytes()),
      shares: parts.map(({ box, ...of }) => ({ ...of, sealedSha256: sha256Hex(box) })),
    },
    sealed: parts.map(({ mspId, box }) => ({ mspId, sealed: hexOf(box) })),
  };
}

function nothingDue(mspId: string, audienceId: string): EmrError {
  const problem = 'the share has been handed on already, or its grant has ended';
  return new EmrError('DEALING_INVALID', { mspId, audienceId, problem });
}

/** One call is of one dealer, for one roster. Throws `INPUT_INVALID`. */
function assertDealtBy(dealing: Dealing, dealer: string, roster: number): void {
  if (dealing.dealer === dealer && dealing.roster === roster) return;
  throw new EmrError('INPUT_INVALID', {
    what: 'the dealings',
    problem: 'one is of another dealer, or for another roster',
  });
}

/**
 * Whether the ledger has this dealing.
 *
 * @throws EmrError `DEALING_INVALID` where it has another one of the same share.
 */
async function isDealt({ state }: Invocation, dealing: Dealing): Promise<boolean> {
  const { audienceId, scopeId, roster, dealer: mspId } = dealing;
  const known = await state.get(dealingKey(audienceId, scopeId, roster, mspId));
  if (known === null) return false;
  if (sameFact(known, dealing)) return true;
  const problem = 'another one of this share is on the ledger';
  throw new EmrError('DEALING_INVALID', { mspId, audienceId, problem });
}

async function isFixed(
  { state }: Invocation,
  { audienceId, scopeId }: SharedScopeRef,
  roster: number,
): Promise<boolean> {
  return (await state.get(resharingKey(audienceId, scopeId, roster))) !== null;
}

/**
 * Every custodian of the roster has its part, which it has checked.
 *
 * @throws EmrError `CUSTODIAN_STALE`, `SHARE_MISSING`.
 */
async function assertDeposited({ state, sealed }: Invocation, dealing: Dealing): Promise<void> {
  const { audienceId, scopeId, roster, dealer } = dealing;
  for (const { mspId, generation, sealedSha256 } of dealing.shares) {
    assertAccepted(await custodianOf(state, mspId), generation);
    const hash = await sealed.sha256Of({ mspId, audienceId, scopeId, roster, dealer });
    if (hash !== sealedSha256) throw new EmrError('SHARE_MISSING', { mspId, audienceId, scopeId });
  }
}

/** With as many dealings as the former sharing's threshold: those of the lowest indices are used. */
async function fix(
  { state }: Invocation,
  { ref: { audienceId, scopeId }, former, roster: { number } }: DueRefresh,
  dealing: Dealing,
): Promise<boolean> {
  const before = await state.list(dealingsOf(audienceId, scopeId, number));
  const all = [...before.map(({ value }) => value), dealing];
  if (all.length < former.threshold) return false;
  const used = all
    .map((one) => ({ index: dealerIndex(former, one), commitments: one.commitments }))
    .sort((a, b) => a.index - b.index)
    .slice(0, former.threshold);
  const link: SharingLink = { roster: number, dealings: used };
  const decoded = used.map(({ index, commitments }) => ({
    dealer: index,
    commitments: commitmentsOf({ commitments }),
  }));
  const commitments = hexOf(reshareCommitments(commitmentsOf(former), decoded).toBytes());
  await state.put(resharingKey(audienceId, scopeId, number), { ...link, commitments });
  return true;
}
