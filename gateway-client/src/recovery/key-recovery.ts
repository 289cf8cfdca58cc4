/**
 * The new device: it has a certificate and fresh keys, and gets the lost keyring back.
 *
 * @module
 */
import { systemRng, type Rng } from '@emr-share/crypto';
import {
  EmrError,
  RecoveryRequestId,
  validate,
  type MspId,
  type RecoveryRequest,
} from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { WarningListener } from '../client-context.js';
import { systemClock, type Clock } from '../clock.js';
import { Directory } from '../directory.js';
import type { Keyring } from '../keyring.js';
import { overPages } from '../pages.js';
import type { CallOptions, Ledger } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';
import { submitSettled } from '../settle.js';
import { endRecovery } from './end-recovery.js';
import { collectShares } from './collect-shares.js';
import { openSeed, type RecoveredKeys } from './open-seed.js';
import { recoveryCode } from './recovery-code.js';
import { verifiedPlan } from './verified-plan.js';

export interface KeyRecoveryOptions {
  /** The ledger as the patient's new certificate sees it. */
  readonly ledger: Ledger;
  /** Fresh: its reader key is the recovery key. Keep it until the lost one is back. */
  readonly keyring: Keyring;
  /** As in `ConnectOptions`. */
  readonly organizations?: readonly MspId[] | undefined;
  readonly rng?: Rng | undefined;
  readonly clock?: Clock | undefined;
  /** Told of each custodian that lies or fails. Default: nobody. */
  readonly onWarning?: WarningListener | undefined;
}

export interface RequestRecoveryOptions extends CallOptions {
  /** 32 hex digits; give the same one to repeat a call. Default random. */
  readonly requestId?: RecoveryRequestId | undefined;
}

export interface FinishRecoveryOptions extends CallOptions {
  /** Called with the keys before the recovery ends: to store them where they cannot get lost again. */
  readonly keep?: ((keys: RecoveredKeys) => Promise<void>) | undefined;
}

const never = new AbortController().signal;

/** Recovers the keyring of the certificate's user. */
export class KeyRecovery {
  readonly #ledger: Ledger;
  readonly #keyring: Keyring;
  readonly #directory: Directory;
  readonly #rng: Rng;
  readonly #clock: Clock;
  readonly #warn: WarningListener;

  constructor(options: KeyRecoveryOptions) {
    const { ledger, keyring, organizations } = options;
    this.#ledger = ledger;
    this.#keyring = keyring;
    this.#rng = options.rng ?? systemRng;
    this.#clock = options.clock ?? systemClock;
    this.#warn = options.onWarning ?? ((): void => undefined);
    this.#directory = new Directory({ ledger, warn: this.#warn, organizations });
  }

  /** What to read out to those who approve: it names this device's key. */
  get code(): string {
    return recoveryCode(this.#keyring.readerKeyHex);
  }

  /**
   * Asks for the recovery by the plan in force: the waiting time begins, and everybody concerned sees
   * it at once.
   *
   * @throws EmrError `RECOVERY_PLAN_NOT_FOUND`; `CALLER_SUSPENDED`: suspending is for good.
   */
  async request(options: RequestRecoveryOptions = {}): Promise<RecoveryRequest> {
    const { signal = never } = options;
    const requestId = validate(
      RecoveryRequestId,
      options.requestId ?? bytesToHex(new Uint8Array(this.#rng(16))),
      'the ID of the recovery',
    );
    const { body } = await this.#plan(signal);
    const recoveryKey = this.#keyring.readerKeyHex;
    const { response } = await submitSettled(
      this.#ledger,
      'recovery:Request',
      { requestId, planId: body.planId, recoveryKey },
      {
        signal,
        recall: () => this.get(requestId, { signal }),
        missing: 'RECOVERY_NOT_FOUND',
        isOurs: (found) => found.recoveryKey === recoveryKey,
      },
    );
    return response;
  }

  /** The newest request that this device has made; `null` where there is none. */
  async find(options?: CallOptions): Promise<RecoveryRequest | null> {
    const { signal = never } = options ?? {};
    const patient = this.#ledger.userId;
    const requests = overPages(async (bookmark) => {
      const request = { patient, bookmark };
      const page = await this.#ledger.evaluate('recovery:ListRequests', request, { signal });
      return { items: page.requests, bookmark: page.bookmark };
    });
    let newest: RecoveryRequest | null = null;
    for await (const request of requests) {
      if (request.recoveryKey !== this.#keyring.readerKeyHex) continue;
      if (newest === null || request.requestedAt > newest.requestedAt) newest = request;
    }
    return newest;
  }

  /** How far a recovery is. Throws `RECOVERY_NOT_FOUND`. */
  async get(requestId: RecoveryRequestId, options?: CallOptions): Promise<RecoveryRequest> {
    const id = validate(RecoveryRequestId, requestId, 'the ID of the recovery');
    const { signal = never } = options ?? {};
    return this.#ledger.evaluate('recovery:GetRequest', { requestId: id }, { signal });
  }

  /**
   * Gets the shares of those who approved, opens the seed, and ends the recovery. A custodian whose
   * share is no good is named to the warning listener; any threshold of good ones will do.
   *
   * @throws EmrError `RECOVERY_WAITING`, `RECOVERY_APPROVALS_MISSING`, `RECOVERY_VETOED`,
   *   `RECOVERY_ENDED`, `RECOVERY_PLAN_REPLACED`; `RECOVERY_MISMATCH` where another device asked;
   *   `RECOVERY_SHARES_INSUFFICIENT`; `RECOVERY_SEED_INVALID` where what opens is not the keyring that
   *   is registered.
   */
  async finish(
    requestId: RecoveryRequestId,
    options: FinishRecoveryOptions = {},
  ): Promise<RecoveredKeys> {
    const { keep, signal = never } = options;
    const [ledger, keyring, directory] = [this.#ledger, this.#keyring, this.#directory];
    const request = await whileBehind(['RECOVERY_NOT_FOUND'], signal, () =>
      this.get(requestId, { signal }),
    );
    if (request.recoveryKey !== keyring.readerKeyHex) {
      throw new EmrError('RECOVERY_MISMATCH', { requestId });
    }
    const { body: plan } = await this.#plan(signal);
    if (plan.planId !== request.planId) {
      throw new EmrError('RECOVERY_PLAN_REPLACED', { planId: request.planId });
    }
    const collecting = { ledger, keyring, directory, warn: this.#warn };
    const shares = await collectShares(collecting, plan, request, signal);
    const recovered = openSeed(plan, shares, await directory.keys(plan.patient, signal));
    await keep?.(recovered);
    await this.#complete(request, recovered.keyring, signal);
    return recovered;
  }

  /** The keys are back, whether the ledger hears of it now or not. */
  async #complete(
    { requestId, patient: userId }: RecoveryRequest,
    keyring: Keyring,
    signal: AbortSignal,
  ): Promise<void> {
    const ending = { ledger: this.#ledger, keyring, clock: this.#clock, userId };
    try {
      await endRecovery(ending, requestId, 'completed', signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!EmrError.is(error)) throw error;
      this.#warn(error);
    }
  }

  #plan(signal: AbortSignal): ReturnType<typeof verifiedPlan> {
    const at = { ledger: this.#ledger, directory: this.#directory };
    return verifiedPlan(at, this.#ledger.userId, signal);
  }
}
