/**
 * Namespace `identity`: registration, and what a patient publishes before the first record.
 *
 * @module
 */
import {
  EmrError,
  Role,
  SCOPE_GROUPS,
  ScopeGroup,
  UserId,
  validate,
  type Audience,
  type PolicyBody,
  type ScopeId,
  type SignedPolicy,
  type User,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { enrolmentRule, type EmergencyRuleOptions } from '../emergency/rule.js';
import type { Keyring } from '../keyring.js';
import { readCard } from '../patients/patient-card.js';
import type { CallOptions } from '../ports/ledger.js';
import { find, submitSettled } from '../settle.js';
import { publishPolicy, type PolicyTerms } from './policy.js';
import { openScopes } from './scopes.js';
import { signedRegistration } from './signed-registration.js';

export interface RegisterOptions extends CallOptions {
  /** As the certificate has it. */
  readonly role: Role;
}

export interface EnrolPatientOptions extends CallOptions {
  /** Default: {@link DEFAULT_POLICY}. */
  readonly policy?: Partial<PolicyTerms> | undefined;
  /**
   * What emergency physicians may open; `false` opts out, and so must every repeat of the call.
   * Default: what the patient has decided before, else {@link DEFAULT_EMERGENCY_RULE}.
   */
  readonly emergency?: EmergencyRuleOptions | false | undefined;
}

/** What a patient has published. */
export interface EnrolledPatient {
  readonly user: User;
  readonly policy: PolicyBody;
  /** One for each category, and one for what is sealed: the current epoch. */
  readonly scopes: readonly ScopeId[];
  /** The emergency rule; `null` after opting out. */
  readonly emergency: Audience | null;
}

/** Whether the keys in force are the newest ones of a keyring. */
export function hasKeysOf({ verifyingKey, readerKey }: User, keyring: Keyring): boolean {
  return verifyingKey === keyring.verifyingKeyHex && readerKey === keyring.readerKeyHex;
}

/** The caller's own standing on the ledger. */
export class Identity {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * Registers the caller: user ID and organization as the certificate has them, and the keyring's
   * two public keys. Once for every user, before anything else; harmless to repeat.
   *
   * @throws EmrError `USER_EXISTS` where the user is registered with another keyring;
   *   `CALLER_MISMATCH` where the certificate says something else.
   */
  async register(options: RegisterOptions): Promise<User> {
    const { ledger, keyring, clock, userId, mspId } = this.#context;
    const signal = this.#context.signalOf(options);
    const role = validate(Role, options.role, 'the role');
    const recall = (): Promise<User> => ledger.evaluate('registry:GetUser', { userId }, { signal });
    const registered = await find('USER_NOT_FOUND', recall);
    if (registered !== null) return this.#own(registered, role);

    const facts = { userId, mspId, role, registeredAt: clock.now() };
    const request = signedRegistration(keyring, facts);
    const { response } = await submitSettled(ledger, 'registry:RegisterUser', request, {
      signal,
      recall,
      missing: 'USER_NOT_FOUND',
    });
    return this.#own(response, role);
  }

  /** A user as the caller's organization has it. Throws `USER_NOT_FOUND`. */
  async get(userId: UserId, options?: CallOptions): Promise<User> {
    const signal = this.#context.signalOf(options);
    const request = { userId: validate(UserId, userId, 'the user ID') };
    return this.#context.ledger.evaluate('registry:GetUser', request, { signal });
  }

  /**
   * The user whom a card names, as the caller's organization has it.
   *
   * @param text - As it was typed in or scanned.
   * @throws EmrError `CARD_INVALID`; `USER_NOT_FOUND`; `CARD_MISMATCH` where the user is of another
   *   organization than the card says.
   */
  async getByCard(text: string, options?: CallOptions): Promise<User> {
    const card = readCard(text);
    const user = await this.get(card.userId, options);
    if (user.mspId !== card.mspId) throw new EmrError('CARD_MISMATCH', card);
    return user;
  }

  /**
   * Suspends a user: oneself after losing a device, or, as an admin, a user of the own organization.
   * From then on every transaction of that user is refused.
   */
  async suspend(userId: UserId, options?: CallOptions): Promise<User> {
    const { ledger } = this.#context;
    const signal = this.#context.signalOf(options);
    const request = { userId: validate(UserId, userId, 'the user ID') };
    const { response } = await submitSettled(ledger, 'registry:SuspendUser', request, {
      signal,
      recall: () => ledger.evaluate('registry:GetUser', request, { signal }),
      missing: 'USER_NOT_FOUND',
      isOurs: ({ status }) => status === 'suspended',
    });
    return response;
  }

  /**
   * Publishes the patient's standing policy, which bounds every grant from then on. Terms left out
   * stay as they are, or start at {@link DEFAULT_POLICY}. Publishing the current terms changes nothing.
   *
   * @throws EmrError `POLICY_STALE` where another device publishes at the same moment.
   */
  async publishPolicy(
    terms: Partial<PolicyTerms> = {},
    options?: CallOptions,
  ): Promise<SignedPolicy> {
    return publishPolicy(this.#context, terms, this.#context.signalOf(options));
  }

  /**
   * Publishes the delegating key of each category, and of sealed records, that has none yet: authors
   * can file such records for this patient from then on. One transaction; harmless to repeat.
   *
   * @returns the current scope of each group named.
   */
  async openScopes(
    groups: readonly ScopeGroup[] = SCOPE_GROUPS,
    options?: CallOptions,
  ): Promise<readonly ScopeId[]> {
    const checked = groups.map((group) => validate(ScopeGroup, group, 'the scope group'));
    return openScopes(this.#context, checked, this.#context.signalOf(options));
  }

  /**
   * All that a new patient needs: {@link Identity.register}, {@link Identity.publishPolicy},
   * {@link Identity.openScopes} and an emergency rule. Where an earlier run stopped half-way, this one
   * finishes it.
   */
  async enrolPatient(options: EnrolPatientOptions = {}): Promise<EnrolledPatient> {
    const user = await this.register({ role: 'patient', signal: options.signal });
    const { body: policy } = await this.publishPolicy(options.policy, options);
    const scopes = await this.openScopes(SCOPE_GROUPS, options);
    const signal = this.#context.signalOf(options);
    const emergency = await enrolmentRule(this.#context, options.emergency, policy, signal);
    return { user, policy, scopes, emergency };
  }

  #own(user: User, role: Role): User {
    const { keyring, userId } = this.#context;
    if (!hasKeysOf(user, keyring)) throw new EmrError('USER_EXISTS', { userId });
    if (user.role !== role) {
      const problem = `it is registered as ${user.role}`;
      throw new EmrError('CALLER_MISMATCH', { userId, problem });
    }
    return user;
  }
}
