/**
 * The transactions of the recovery of a lost keyring.
 *
 * @module
 */
import * as v from 'valibot';
import { KeyGeneration, MspId, PublicKeyHex, UserId } from '../ids.js';
import {
  RecoveryPlanId,
  RecoveryRequest,
  RecoveryRequestId,
  SealedKeyShareHex,
  SignedRecoveryApproval,
  SignedRecoveryEnd,
  SignedRecoveryPlan,
} from '../recovery.js';
import { list, paged, PageSize, spec, type TransactionTable } from './spec.js';

/** Transient data of `recovery:DepositShare`, under the key `recovery-share`. */
export const RecoveryDeposit = v.strictObject({
  plan: SignedRecoveryPlan,
  sealed: SealedKeyShareHex,
});
export type RecoveryDeposit = v.InferOutput<typeof RecoveryDeposit>;

/** The same for a share of a recovery plan. */
export const TRANSIENT_RECOVERY_SHARE = 'recovery-share';

/** Shares first, each with its custodian alone, then the plan. */
export const RECOVERY_TRANSACTIONS = {
  'recovery:DepositShare': spec(
    'organization',
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
  ),
  /** Replaces the patient's former plan: nobody recovers by that one any more. */
  'recovery:CreatePlan': spec('consortium', SignedRecoveryPlan, SignedRecoveryPlan),
  /** Removes this organization's share of a plan that was replaced. */
  'recovery:PurgeShare': spec(
    'organization',
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
    v.strictObject({ planId: RecoveryPlanId, mspId: MspId }),
  ),
  /** The plan in force. For the patient, its guardians, officers and admins of its custodians. */
  'recovery:GetPlan': spec('query', v.strictObject({ patient: UserId }), SignedRecoveryPlan),
  /** The plans in force that name the caller as a guardian. */
  'recovery:ListWards': spec(
    'query',
    v.strictObject({ pageSize: PageSize, ...paged }),
    v.strictObject({ plans: v.array(SignedRecoveryPlan), ...paged }),
  ),
  /** By the patient's certificate alone: the keyring is lost. The waiting time begins. */
  'recovery:Request': spec(
    'consortium',
    v.strictObject({
      requestId: RecoveryRequestId,
      planId: RecoveryPlanId,
      recoveryKey: PublicKeyHex,
    }),
    RecoveryRequest,
  ),
  /** By an officer or admin of a custodian, or by a guardian; one for each custodian, the first. */
  'recovery:Approve': spec('consortium', SignedRecoveryApproval, RecoveryRequest),
  /** By whoever has the patient's signed statement. */
  'recovery:Veto': spec('consortium', SignedRecoveryEnd, RecoveryRequest),
  'recovery:Complete': spec('consortium', SignedRecoveryEnd, RecoveryRequest),
  'recovery:GetRequest': spec(
    'query',
    v.strictObject({ requestId: RecoveryRequestId }),
    RecoveryRequest,
  ),
  /** Of one patient, in any state. For those whom `recovery:GetPlan` answers, and auditors. */
  'recovery:ListRequests': spec(
    'query',
    v.strictObject({ patient: UserId, pageSize: PageSize, ...paged }),
    v.strictObject({ requests: v.array(RecoveryRequest), ...paged }),
  ),
  /** This organization's share, sealed to the recovery key. */
  'recovery:Release': spec(
    'custodian-query',
    v.strictObject({ requestId: RecoveryRequestId }),
    v.strictObject({ mspId: MspId, requestId: RecoveryRequestId, sealed: SealedKeyShareHex }),
  ),
  /** As `grants:ListOutdatedFragments`, of shares of plans in force. */
  'recovery:ListOutdatedShares': spec(
    'custodian-query',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, pageSize: PageSize, ...paged }),
    v.strictObject({ acceptedFrom: KeyGeneration, shares: v.array(RecoveryPlanId), ...paged }),
  ),
  /** As `grants:ResealFragments`. */
  'recovery:ResealShares': spec(
    'organization',
    v.strictObject({ mspId: MspId, generation: KeyGeneration, shares: list(RecoveryPlanId) }),
    v.strictObject({
      mspId: MspId,
      resealed: v.array(RecoveryPlanId),
      unreadable: v.array(RecoveryPlanId),
    }),
  ),
} as const satisfies TransactionTable;
