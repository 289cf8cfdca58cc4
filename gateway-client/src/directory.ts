/**
 * What the ledger says of others, checked before it is used: keys, scopes, policies, custodians.
 *
 * A query is one peer's word. So every fact here is either signed by the user it is of, or, for users'
 * and custodians' keys, taken from a majority of the organizations.
 *
 * @module
 */
import type { PublicKey } from '@emr-share/crypto';
import {
  EmrError,
  groupScopeId,
  parseScopeId,
  type Custodian,
  type MspId,
  type PolicyBody,
  type Roster,
  type RosterNumber,
  type ScopeBody,
  type ScopeGroup,
  type ScopeId,
  type SignatureTag,
  type SignedScope,
  type UserId,
} from '@emr-share/model';
import { readAgreed, type Electorate } from './agreement.js';
import type { WarningListener } from './client-context.js';
import { followedKeys, keysFor, type UserKeys, type When } from './key-history.js';
import type { Ledger } from './ports/ledger.js';
import { find } from './settle.js';
import { isSigned, type Signed } from './signed.js';

/** A signed fact, and when it says that it was made. */
export interface DatedFact {
  readonly tag: SignatureTag;
  readonly signed: Signed;
  readonly when: When;
  /** Names it in the error. */
  readonly what: string;
}

/** Verified reads of one client. */
export class Directory {
  readonly #ledger: Ledger;
  readonly #warn: WarningListener;
  #organizations: readonly MspId[] | undefined;
  readonly #keys: Map<UserId, UserKeys>;
  readonly #pending = new Map<UserId, Promise<UserKeys>>();
  readonly #rosters = new Map<RosterNumber, Roster>();

  constructor(options: {
    readonly ledger: Ledger;
    /** The caller's own, where the caller has them: the ledger is not asked for those. */
    readonly ownKeys?: UserKeys | undefined;
    readonly warn: WarningListener;
    readonly organizations: readonly MspId[] | undefined;
  }) {
    this.#ledger = options.ledger;
    const { ownKeys } = options;
    this.#keys = new Map(ownKeys === undefined ? [] : [[ownKeys.userId, ownKeys]]);
    this.#warn = options.warn;
    this.#organizations = options.organizations;
  }

  /**
   * Checks that a user signed a fact with a key that was in force when the fact was made. Where keys
   * that are kept do not fit, the user may have rotated them since: they are read once more.
   *
   * @returns the key.
   * @throws EmrError `SIGNATURE_INVALID`, and as {@link keys}.
   */
  async signer(userId: UserId, fact: DatedFact, signal: AbortSignal): Promise<PublicKey> {
    const kept = this.#keys.get(userId);
    const known = kept ?? (await this.keys(userId, signal));
    const key = signerAmong(known, fact);
    if (key !== undefined) return key;
    const newer = kept === undefined ? undefined : await this.#lookUp(userId, signal);
    const found = newer && signerAmong(newer, fact);
    if (found !== undefined) return found;
    throw new EmrError('SIGNATURE_INVALID', { what: fact.what });
  }

  /** Reads a user's keys again when they are next asked for. */
  forget(userId: UserId): void {
    this.#keys.delete(userId);
  }

  /**
   * A user's keys, as a majority of the organizations have them, each rotation signed by the key before
   * it. Kept until {@link forget}, or until a signature does not fit them.
   *
   * @throws EmrError `USER_NOT_FOUND`, `SIGNATURE_INVALID`, `ENDORSEMENT_MISMATCH`.
   */
  async keys(userId: UserId, signal: AbortSignal): Promise<UserKeys> {
    const known = this.#keys.get(userId);
    if (known !== undefined) return known;
    const pending = this.#pending.get(userId);
    if (pending === undefined) return this.#lookUp(userId, signal);
    try {
      return await pending;
    } catch {
      // Another call's failure, its abort for one, is not this call's.
      signal.throwIfAborted();
      return this.keys(userId, signal);
    }
  }

  async #lookUp(userId: UserId, signal: AbortSignal): Promise<UserKeys> {
    const pending = this.#agreedKeys(userId, signal);
    this.#pending.set(userId, pending);
    try {
      const keys = await pending;
      this.#keys.set(userId, keys);
      return keys;
    } finally {
      this.#pending.delete(userId);
    }
  }

  async #agreedKeys(userId: UserId, signal: AbortSignal): Promise<UserKeys> {
    const electorate = await this.#electorate(signal);
    const user = await readAgreed(electorate, 'registry:GetUser', { userId });
    const { rotations } =
      user.keyNumber === undefined
        ? { rotations: [] }
        : await readAgreed(electorate, 'registry:GetKeyHistory', { userId });
    return followedKeys(userId, user, rotations);
  }

  /**
   * The current scope of a patient's category, or of what the patient has sealed.
   *
   * @throws EmrError `SCOPE_NOT_FOUND`, `SIGNATURE_INVALID`.
   */
  async currentScope(
    patient: UserId,
    group: ScopeGroup,
    signal: AbortSignal,
  ): Promise<ScopeBody & { readonly epoch: number }> {
    const request = { patient, group };
    const [scope] = await Promise.all([
      this.#ledger.evaluate('registry:GetCurrentScope', request, { signal }),
      this.keys(patient, signal),
    ]);
    const parsed = parseScopeId(scope.body.scopeId);
    const epoch = parsed.kind === 'record' ? -1 : parsed.epoch;
    if (scope.body.scopeId !== groupScopeId(patient, group, Math.max(epoch, 0))) {
      throw new EmrError('SIGNATURE_INVALID', { what: 'scope' });
    }
    // Of its time would not do: who has stolen an earlier key could date a scope back.
    return { ...(await this.#checkedScope(scope, patient, 'now', signal)), epoch };
  }

  /** A published scope, or `null`. Throws `SIGNATURE_INVALID`. */
  async findScope(scopeId: ScopeId, signal: AbortSignal): Promise<ScopeBody | null> {
    const { patient } = parseScopeId(scopeId);
    try {
      const [scope] = await Promise.all([
        this.#ledger.evaluate('registry:GetScope', { scopeId }, { signal }),
        this.keys(patient, signal),
      ]);
      if (scope.body.scopeId !== scopeId) {
        throw new EmrError('SIGNATURE_INVALID', { what: 'scope' });
      }
      const when = { around: scope.body.publishedAt };
      return await this.#checkedScope(scope, patient, when, signal);
    } catch (error) {
      if (EmrError.is(error, 'SCOPE_NOT_FOUND')) return null;
      throw error;
    }
  }

  /** A patient's current policy. Throws `POLICY_NOT_FOUND`, `SIGNATURE_INVALID`. */
  async policy(patient: UserId, signal: AbortSignal): Promise<PolicyBody> {
    const [policy] = await Promise.all([
      this.#ledger.evaluate('registry:GetPolicy', { patient }, { signal }),
      this.keys(patient, signal),
    ]);
    if (policy.body.patient !== patient) {
      throw new EmrError('SIGNATURE_INVALID', { what: 'policy' });
    }
    const when = { around: policy.body.publishedAt };
    await this.signer(patient, { tag: 'policy', signed: policy, when, what: 'policy' }, signal);
    return policy.body;
  }

  /**
   * The organizations that hold fragments, with their keys, as a majority of them has it; ordered by
   * MSP ID. Throws `ENDORSEMENT_MISMATCH`.
   */
  async custodians(signal: AbortSignal): Promise<readonly Custodian[]> {
    const electorate = await this.#electorate(signal);
    const { custodians } = await readAgreed(electorate, 'registry:ListCustodians', {});
    return custodians.toSorted((a, b) => (a.mspId < b.mspId ? -1 : 1));
  }

  /**
   * A roster, as a majority of the organizations has it; it never changes. Kept for the life of the
   * client.
   *
   * @throws EmrError `ROSTER_NOT_FOUND`, `ENDORSEMENT_MISMATCH`.
   */
  async roster(number: RosterNumber, signal: AbortSignal): Promise<Roster> {
    const known = this.#rosters.get(number);
    if (known !== undefined) return known;
    const electorate = await this.#electorate(signal);
    const roster = await readAgreed(electorate, 'custody:GetRoster', { number });
    this.#rosters.set(number, roster);
    return roster;
  }

  /** The roster in force, as a majority of the organizations has it; `null` before the first. */
  async rosterInForce(signal: AbortSignal): Promise<Roster | null> {
    const electorate = await this.#electorate(signal);
    return find('ROSTER_NOT_FOUND', () => readAgreed(electorate, 'custody:GetRoster', {}));
  }

  async #checkedScope(
    scope: SignedScope,
    patient: UserId,
    when: When,
    signal: AbortSignal,
  ): Promise<ScopeBody> {
    if (scope.body.patient !== patient) throw new EmrError('SIGNATURE_INVALID', { what: 'scope' });
    await this.signer(patient, { tag: 'scope', signed: scope, when, what: 'scope' }, signal);
    return scope.body;
  }

  async #electorate(signal: AbortSignal): Promise<Electorate> {
    this.#organizations ??= await this.#publishedOrganizations(signal);
    const organizations = this.#organizations ?? [this.#ledger.mspId];
    return { ledger: this.#ledger, organizations, warn: this.#warn, signal };
  }

  /** As the own organization names them: its word on who else there is cannot be checked here. */
  async #publishedOrganizations(signal: AbortSignal): Promise<readonly MspId[] | undefined> {
    const { custodians } = await this.#ledger.evaluate('registry:ListCustodians', {}, { signal });
    return custodians.length === 0 ? undefined : custodians.map(({ mspId }) => mspId);
  }
}

function signerAmong(keys: UserKeys, { tag, signed, when }: DatedFact): PublicKey | undefined {
  return keysFor(keys, when).find((key) => isSigned(tag, signed, key));
}
