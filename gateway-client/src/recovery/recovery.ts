/**
 * Namespace `recovery`: what to do before the keys are lost, and what others do when they are. The
 * device that has lost them uses {@link KeyRecovery}.
 *
 * @module
 */
import {
  organizationsOf,
  RecoveryRequestId,
  UserId,
  validate,
  type RecoveryRequest,
  type SignedRecoveryPlan,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { overPages } from '../pages.js';
import type { CallOptions } from '../ports/ledger.js';
import { approveRecovery, type ApproveRecoveryOptions } from './approve.js';
import { createPlan, type RecoveryPlanOptions } from './create-plan.js';
import { endRecovery } from './end-recovery.js';
import { verifiedPlan } from './verified-plan.js';

export interface RecoveryQuery extends CallOptions {
  /** Whose; default the caller's own. */
  readonly patient?: UserId | undefined;
}

/** Recovery plans, and requests to recover by them. */
export class Recovery {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * (Patient.) Seals the seed to a fresh key, shares that key among organizations and guardians, and
   * puts the signed plan on the ledger. A former plan is replaced: its shares are purged and open
   * nothing any more. Make a new one when custodians change.
   *
   * @throws EmrError `INPUT_INVALID` for a threshold that is too low; `RECOVERY_PLAN_REFUSED`;
   *   `USER_NOT_FOUND` for a guardian who is not registered.
   */
  async plan(options: RecoveryPlanOptions = {}): Promise<SignedRecoveryPlan> {
    return createPlan(this.#context, options);
  }

  /**
   * The plan in force. For its patient, guardians, auditors, and officers and admins of its
   * organizations.
   *
   * @throws EmrError `RECOVERY_PLAN_NOT_FOUND`, `ROLE_DENIED`.
   */
  async get(options: RecoveryQuery = {}): Promise<SignedRecoveryPlan> {
    return verifiedPlan(this.#context, this.#patientOf(options), this.#context.signalOf(options));
  }

  /**
   * Whether a plan has an organization that has left: one that is not in the roster in force. Its share
   * is not handed on; the patient makes a plan anew.
   */
  async isOutdated({ body }: SignedRecoveryPlan, options?: CallOptions): Promise<boolean> {
    const signal = this.#context.signalOf(options);
    const roster = await this.#context.directory.rosterInForce(signal);
    if (roster === null) return false;
    return organizationsOf(body.custodians).some(({ mspId }) => !roster.custodians.includes(mspId));
  }

  /** (Guardian.) The plans in force that the caller holds a share of. */
  async *wards(options?: CallOptions): AsyncGenerator<SignedRecoveryPlan, void, void> {
    const { ledger } = this.#context;
    const signal = this.#context.signalOf(options);
    yield* overPages(async (bookmark) => {
      const page = await ledger.evaluate('recovery:ListWards', { bookmark }, { signal });
      return { items: page.plans, bookmark: page.bookmark };
    });
  }

  /** Requests to recover a patient's keyring, in any state. For those whom {@link get} answers. */
  async *requests(options: RecoveryQuery = {}): AsyncGenerator<RecoveryRequest, void, void> {
    const { ledger } = this.#context;
    const signal = this.#context.signalOf(options);
    const patient = this.#patientOf(options);
    yield* overPages(async (bookmark) => {
      const request = { patient, bookmark };
      const page = await ledger.evaluate('recovery:ListRequests', request, { signal });
      return { items: page.requests, bookmark: page.bookmark };
    });
  }

  /**
   * (Officer or admin of an organization of the plan; guardian.) Consents to a recovery. See the
   * patient in person and have the code of the new device read out: it names the key that shares go
   * to. A guardian's share goes along, sealed to that key.
   *
   * @throws EmrError `RECOVERY_APPROVAL_REFUSED` for another code, and for who is no custodian;
   *   `RECOVERY_SHARE_INVALID` where the guardian's own share is no good; `RECOVERY_VETOED`,
   *   `RECOVERY_ENDED`, `RECOVERY_PLAN_REPLACED`.
   */
  async approve(
    requestId: RecoveryRequestId,
    options: ApproveRecoveryOptions,
  ): Promise<RecoveryRequest> {
    return approveRecovery(this.#context, requestId, options);
  }

  /**
   * (Patient, from a device that was not lost.) Ends a request that is not the patient's: from then
   * on no custodian answers it.
   */
  async veto(requestId: RecoveryRequestId, options?: CallOptions): Promise<RecoveryRequest> {
    const id = validate(RecoveryRequestId, requestId, 'the ID of the recovery');
    return endRecovery(this.#context, id, 'vetoed', this.#context.signalOf(options));
  }

  #patientOf({ patient }: RecoveryQuery): UserId {
    return validate(UserId, patient ?? this.#context.userId, 'the patient');
  }
}
