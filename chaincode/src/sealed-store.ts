/**
 * The sealed fragments and shares in the organizations' implicit private collections.
 *
 * @module
 */
import {
  EmrError,
  implicitCollection,
  type AudienceId,
  type GrantId,
  type MspId,
  type RecoveryPlanId,
  type RosterNumber,
  type ScopeId,
} from '@emr-share/model';
import type { ChaincodeStub } from './fabric.js';
import {
  dealtShareKey,
  fragmentKey,
  newShareKey,
  recoveryShareKey,
  shareKey,
  type FactKey,
} from './ledger-keys.js';

/** One fragment's place: at one organization, for one scope of one grant. */
export interface FragmentPlace {
  readonly mspId: MspId;
  readonly grantId: GrantId;
  readonly scopeId: ScopeId;
}

/** One share's place: at one organization, for one scope of one audience grant. */
export interface SharePlace {
  readonly mspId: MspId;
  readonly audienceId: AudienceId;
  readonly scopeId: ScopeId;
}

/** The place of a share of the sharing for a roster's custodians. */
export interface NewSharePlace extends SharePlace {
  readonly roster: RosterNumber;
}

/** The place of what one dealer dealt to an organization. */
export interface DealtPlace extends NewSharePlace {
  readonly dealer: MspId;
}

/** The place of one share of a recovery plan: at one organization. */
export interface RecoveryPlace {
  readonly mspId: MspId;
  readonly planId: RecoveryPlanId;
}

/** Where something rests that is sealed to an organization. */
export type SecretPlace = FragmentPlace | SharePlace | NewSharePlace | DealtPlace | RecoveryPlace;

/** How a peer says that it knows the hash of a value and not the value. */
const HASH_ALONE = 'private data matching public hash version is not available';

const MISSING = ['FRAGMENT_MISSING', 'SHARE_MISSING', 'RECOVERY_SHARE_MISSING'] as const;

/** Whether it is the error of a peer that lacks a sealed secret. */
export function isMissing(error: unknown): boolean {
  return MISSING.some((code) => EmrError.is(error, code));
}

function missing(place: SecretPlace, cause: Error): EmrError {
  const { mspId } = place;
  if ('planId' in place) {
    return new EmrError('RECOVERY_SHARE_MISSING', { planId: place.planId, mspId }, { cause });
  }
  const { scopeId } = place;
  return 'audienceId' in place
    ? new EmrError('SHARE_MISSING', { mspId, audienceId: place.audienceId, scopeId }, { cause })
    : new EmrError('FRAGMENT_MISSING', { mspId, grantId: place.grantId, scopeId }, { cause });
}

/**
 * Reads, writes and purges what is sealed. Only a service of the organization itself can read, write
 * or purge; every endorser can see the hash.
 */
export class SealedStore {
  readonly #stub: ChaincodeStub;

  constructor(stub: ChaincodeStub) {
    this.#stub = stub;
  }

  /** SHA-256 of the sealed secret as hex, which the whole channel knows; `null`: there is none. */
  async sha256Of(place: SecretPlace): Promise<string | null> {
    const hash = await this.#stub.getPrivateDataHash(...this.#address(place));
    return hash.length === 0 ? null : Buffer.from(hash).toString('hex');
  }

  /**
   * `null` where there is none.
   *
   * @throws EmrError `FRAGMENT_MISSING`, `SHARE_MISSING` or `RECOVERY_SHARE_MISSING` where the peer has
   *   its hash alone: it has not arrived yet, or was lost with the organization's peers.
   */
  async get(place: SecretPlace): Promise<Uint8Array | null> {
    try {
      const sealed = await this.#stub.getPrivateData(...this.#address(place));
      return sealed.length === 0 ? null : Uint8Array.from(sealed);
    } catch (cause) {
      if (cause instanceof Error && cause.message.includes(HASH_ALONE)) throw missing(place, cause);
      throw cause;
    }
  }

  async put(place: SecretPlace, sealed: Uint8Array): Promise<void> {
    await this.#stub.putPrivateData(...this.#address(place), sealed);
  }

  /** Removes the value, its earlier versions and its hash. Nothing to purge is no error. */
  async purge(place: SecretPlace): Promise<void> {
    if ((await this.sha256Of(place)) === null) return;
    await this.#stub.purgePrivateData(...this.#address(place));
  }

  #address(place: SecretPlace): [collection: string, key: string] {
    const { type, parts } = keyOf(place);
    return [implicitCollection(place.mspId), this.#stub.createCompositeKey(type, [...parts])];
  }
}

function keyOf(place: SecretPlace): FactKey<Uint8Array> {
  if ('planId' in place) return recoveryShareKey(place.planId);
  if ('grantId' in place) return fragmentKey(place.grantId, place.scopeId);
  const { audienceId, scopeId } = place;
  if (!('roster' in place)) return shareKey(audienceId, scopeId);
  return 'dealer' in place
    ? dealtShareKey(audienceId, scopeId, place.roster, place.dealer)
    : newShareKey(audienceId, scopeId, place.roster);
}
