/**
 * Making a recovery plan: the organizations' shares first, each with its custodian, then the plan.
 *
 * @module
 */
import { sealBox, type KeyShare } from '@emr-share/crypto';
import {
  canonicalBytes,
  DEFAULT_RECOVERY_WAIT_MS,
  EmrError,
  leastRecoveryThreshold,
  MspId,
  organizationsOf,
  RecoveryPlanBody,
  RecoveryPlanId,
  TRANSIENT_RECOVERY_SHARE,
  UserId,
  validate,
  type RecoveryCustodian,
  type RecoveryDeposit,
  type SignedRecoveryPlan,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import { sealParts, withCurrentKeys, type CustodianKeys } from '../custodian-keys.js';
import { publicKeyOf, type UserKeys } from '../key-history.js';
import type { CallOptions } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { find, submitSettled } from '../settle.js';
import { guardianContext, seedContext } from './plan-shares.js';
import { verifiedPlan } from './verified-plan.js';

export interface RecoveryPlanOptions extends CallOptions {
  /** Organizations that hold a share each. Default: the roster in force, else all of the consortium. */
  readonly organizations?: readonly MspId[] | undefined;
  /** Users that hold a share each: five at most. Default none. */
  readonly guardians?: readonly UserId[] | undefined;
  /**
   * How many of them must approve and give their shares. Default, and least: two, a majority, and one
   * more than there are guardians.
   */
  readonly threshold?: number | undefined;
  /** How long a surviving device has for its veto: a minute to 30 days. Default 72 hours. */
  readonly waitMs?: number | undefined;
  /** 32 hex digits; give the same one to repeat or finish a call. Default random. */
  readonly planId?: RecoveryPlanId | undefined;
}

interface Terms {
  readonly planId: RecoveryPlanId;
  readonly organizations: readonly MspId[];
  readonly guardians: readonly UserKeys[];
  readonly threshold: number;
  readonly waitMs: number;
}

/** A plan and what each organization gets of it. */
interface SealedPlan {
  readonly plan: SignedRecoveryPlan;
  readonly sealed: ReadonlyMap<MspId, Uint8Array>;
}

/** See `Recovery.plan`. */
export async function createPlan(
  context: ClientContext,
  options: RecoveryPlanOptions,
): Promise<SignedRecoveryPlan> {
  const { userId } = context;
  const signal = context.signalOf(options);
  const former = await find('RECOVERY_PLAN_NOT_FOUND', () => verifiedPlan(context, userId, signal));
  if (former !== null && former.body.planId === options.planId) return former;
  const plan = await withCurrentKeys(context, signal, async (keys) => {
    const terms = await termsOf(context, options, [...keys.keys()], signal);
    const made = sealPlan(context, terms, keys);
    await deposit(context, made, signal);
    return submitPlan(context, made.plan, signal);
  });
  if (former !== null) await purge(context, former, signal);
  return plan;
}

async function termsOf(
  { directory, rng }: ClientContext,
  options: RecoveryPlanOptions,
  published: readonly MspId[],
  signal: AbortSignal,
): Promise<Terms> {
  const roster = await directory.rosterInForce(signal);
  const standing = roster?.custodians ?? published;
  const organizations = (options.organizations ?? standing).map((mspId) =>
    validate(MspId, mspId, 'the organization'),
  );
  const named = (options.guardians ?? []).map((id) => validate(UserId, id, 'the guardian'));
  const guardians = await Promise.all(named.map((id) => directory.keys(id, signal)));
  const custodians = organizations.length + guardians.length;
  const planId = options.planId ?? bytesToHex(new Uint8Array(rng(16)));
  return {
    planId: validate(RecoveryPlanId, planId, 'the plan ID'),
    organizations,
    guardians,
    threshold: options.threshold ?? leastRecoveryThreshold(custodians, guardians.length),
    waitMs: options.waitMs ?? DEFAULT_RECOVERY_WAIT_MS,
  };
}

function sealPlan(context: ClientContext, terms: Terms, keys: CustodianKeys): SealedPlan {
  const { keyring, clock, userId: patient } = context;
  const { planId, organizations, guardians, threshold, waitMs } = terms;
  const shares = organizations.length + guardians.length;
  assertSharable(threshold, shares);
  const escrow = keyring.escrow({ threshold, shares }, seedContext(patient, planId));
  const parts = new Map(organizations.map((mspId, i) => [mspId, bytesOf(escrow.shares[i])]));
  const { listed, sealed } = sealParts(context, parts, keys, (mspId) => ({ mspId, planId }));
  const custodians: RecoveryCustodian[] = [
    ...listed.map((part) => ({ kind: 'organization' as const, ...part })),
    ...guardians.map((guardian, i) =>
      sealToGuardian(context, guardian, planId, escrow.shares[organizations.length + i]),
    ),
  ];
  const body = validate(
    RecoveryPlanBody,
    {
      planId,
      patient,
      threshold,
      custodians,
      commitments: bytesToHex(escrow.commitments.toBytes()),
      seed: bytesToHex(escrow.seed),
      waitMs,
      createdAt: clock.now(),
    },
    'the recovery plan',
  );
  return { plan: { body, signature: keyring.sign('recovery-plan', body) }, sealed };
}

/** What the schema says of a finished plan, before shares are made for one that cannot be. */
function assertSharable(threshold: number, shares: number): void {
  if (Number.isSafeInteger(threshold) && threshold >= 2 && threshold <= shares) return;
  throw new EmrError('INPUT_INVALID', {
    what: 'the recovery plan',
    problem: `threshold: expected 2 to ${shares}, the number of custodians`,
  });
}

function sealToGuardian(
  { rng }: ClientContext,
  { userId, readerKeyHex }: UserKeys,
  planId: RecoveryPlanId,
  share: KeyShare | undefined,
): RecoveryCustodian {
  const context = guardianContext(userId, { planId });
  const readerPk = publicKeyOf(readerKeyHex, 'the reader key');
  const box = sealBox(readerPk, bytesOf(share), { context, rng });
  return { kind: 'guardian', userId, readerKey: readerKeyHex, sealed: bytesToHex(box) };
}

function bytesOf(share: KeyShare | undefined): Uint8Array {
  if (share === undefined) throw new RangeError('"shares" expected one for each custodian');
  return share.toBytes();
}

/** Hands every organization its share, as transient data that is on no block. */
async function deposit(
  { ledger }: ClientContext,
  { plan, sealed }: SealedPlan,
  signal: AbortSignal,
): Promise<void> {
  const { planId } = plan.body;
  const depositAt = async (mspId: MspId, box: Uint8Array): Promise<void> => {
    const content: RecoveryDeposit = { plan, sealed: bytesToHex(box) };
    const transient = { [TRANSIENT_RECOVERY_SHARE]: canonicalBytes(content) };
    try {
      const options = { organizations: [mspId], transient, signal };
      await ledger.submit('recovery:DepositShare', { planId, mspId }, options);
    } catch (error) {
      // Whether it arrived shows when the plan is made: every endorser looks for its hash.
      if (!EmrError.is(error, 'COMMIT_UNKNOWN')) throw error;
    }
  };
  await allOf(
    Array.from(sealed, ([mspId, box]) => depositAt(mspId, box)),
    signal,
  );
}

async function submitPlan(
  context: ClientContext,
  plan: SignedRecoveryPlan,
  signal: AbortSignal,
): Promise<SignedRecoveryPlan> {
  const { ledger, userId } = context;
  const { response } = await whileBehind(['RECOVERY_SHARE_MISSING'], signal, () =>
    submitSettled(ledger, 'recovery:CreatePlan', plan, {
      signal,
      recall: () => verifiedPlan(context, userId, signal),
      missing: 'RECOVERY_PLAN_NOT_FOUND',
      isOurs: (found) => found.signature === plan.signature,
    }),
  );
  return response;
}

/**
 * Has the shares of a replaced plan removed. One that stays is of no use: its organization gives it
 * to nobody, and its custodian key ends at the next rotation.
 */
async function purge(
  { ledger, warn }: ClientContext,
  { body }: SignedRecoveryPlan,
  signal: AbortSignal,
): Promise<void> {
  const { planId } = body;
  const purgeAt = async (mspId: MspId): Promise<void> => {
    try {
      await whileBehind(['RECOVERY_PLAN_ACTIVE'], signal, () =>
        ledger.submit('recovery:PurgeShare', { planId, mspId }, { organizations: [mspId], signal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!EmrError.is(error)) throw error;
      warn(error);
    }
  };
  await Promise.all(organizationsOf(body.custodians).map(({ mspId }) => purgeAt(mspId)));
}
