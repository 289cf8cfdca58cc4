/**
 * Namespace `audiences`: a patient decides beforehand which kind of reader may open what; who that is
 * shows when somebody asks.
 *
 * @module
 */
import {
  AudienceId,
  EmrError,
  PurposeOfUse,
  TicketId,
  UserId,
  validate,
  type AttributeRule,
  type Audience,
  type AudienceReceipt,
  type AudienceTicket,
  type Category,
  type UnixMillis,
} from '@emr-share/model';
import { bytesToHex } from '../bytes.js';
import type { ClientContext } from '../client-context.js';
import type { CallOptions } from '../ports/ledger.js';
import { submitSettled } from '../settle.js';
import { createAudience } from './create-audience.js';
import { endAudience } from './end-audience.js';
import { extendAudience } from './extend-audience.js';
import { findAudience, listAudiences } from './find-audience.js';
import type { AudienceTerms } from './terms.js';
import { assertOwnTicket, type TicketDesk } from './ticket-desk.js';
import { assertPatientSigned } from './verified-audience.js';

export interface CreateAudienceOptions extends CallOptions {
  /** Rules of emergencies are set by `emergency.setRule`. */
  readonly kind?: 'attributes' | undefined;
  /** Whole categories, with what is filed in them later; sealed records are in none. */
  readonly categories: readonly Category[];
  /** What the reader's certificate must say. */
  readonly readers: AttributeRule;
  readonly purposes: readonly PurposeOfUse[];
  /** How many organizations other than the reader's must approve each ticket. Default none. */
  readonly approvals?: number | undefined;
  /** Whether on-duty services may approve. Default false. */
  readonly dutyServices?: boolean | undefined;
  /** How long a ticket opens records. Default an hour. */
  readonly ticketMs?: number | undefined;
  /** Default now. */
  readonly notBefore?: UnixMillis | undefined;
  /** First moment at which the grant no longer holds. */
  readonly notAfter: UnixMillis;
  /** How many custodians must answer. Default, and least: more than half. */
  readonly threshold?: number | undefined;
  /** 32 hex digits; give the same one to repeat or finish a call. Default random. */
  readonly audienceId?: AudienceId | undefined;
}

export interface ListAudiencesOptions extends CallOptions {
  /** Default the caller. */
  readonly patient?: UserId | undefined;
}

/** Asks by a patient, or by one of the patient's grants. */
export type TicketRequestOptions = CallOptions & {
  /** Why: on the ledger for the patient to see. */
  readonly purpose: PurposeOfUse;
  /** 32 hex digits; give the same one to repeat a request. Default random. */
  readonly ticketId?: TicketId | undefined;
} & (
    | { readonly patient: UserId; readonly audienceId?: undefined }
    | { readonly audienceId: AudienceId; readonly patient?: undefined }
  );

const HOUR_MS = 3_600_000;

/** Audience grants of one user, given or gone by. */
export class Audiences {
  readonly #context: ClientContext;
  readonly #desk: TicketDesk;

  constructor(context: ClientContext, desk: TicketDesk) {
    this.#context = context;
    this.#desk = desk;
  }

  /**
   * (Patient.) Lets in everyone whose certificate says what `readers` asks for: shares the key of each
   * scope among the organizations, deposits one sealed share with each, and puts the signed grant on
   * the ledger. It opens what was filed before, too. Calling again with the same `audienceId` finishes
   * a call that was cut off, or returns the grant.
   *
   * @throws EmrError `AUDIENCE_REFUSED` where the patient's own policy rules it out;
   *   `AUDIENCE_EXISTS` for other terms under the same ID; `AUDIENCE_ENDED`; `INPUT_INVALID`.
   */
  async create(options: CreateAudienceOptions): Promise<Audience> {
    const signal = this.#context.signalOf(options);
    return createAudience(this.#context, termsOf(options), options.audienceId, signal);
  }

  /**
   * (Patient.) Gives a grant the epochs that it lacks. `grants.revoke` does that by itself for the
   * epochs that it starts.
   *
   * @throws EmrError `AUDIENCE_NOT_FOUND`, `AUDIENCE_ENDED`, `SIGNATURE_INVALID`.
   */
  async extend(
    audienceId: AudienceId,
    options: CallOptions & {
      /** Whether epochs before the grant's first one are added, too. Default true. */
      readonly includeEarlier?: boolean | undefined;
    } = {},
  ): Promise<Audience> {
    const signal = this.#context.signalOf(options);
    const audience = await this.#own(audienceId, signal);
    const { status } = audience;
    if (status.state === 'ended') {
      throw new EmrError('AUDIENCE_ENDED', { audienceId, endedAt: status.endedAt });
    }
    const reach = options.includeEarlier === false ? 'own-first' : 'beginning';
    return extendAudience(this.#context, audience, reach, signal);
  }

  /**
   * (Patient.) Ends a grant, has every custodian purge its shares, and closes it with a receipt: from
   * the first step on its tickets open nothing. Calling again finishes what is missing, and returns the
   * receipt once there is one.
   *
   * @throws EmrError what a custodian failed with: the grant has ended then, and is not purged there.
   */
  async end(audienceId: AudienceId, options?: CallOptions): Promise<AudienceReceipt> {
    const signal = this.#context.signalOf(options);
    return endAudience(this.#context, await this.#own(audienceId, signal), signal);
  }

  /**
   * The proof that the shares of a grant that ended are gone everywhere. For the patient, auditors,
   * admins, privacy officers and duty services.
   *
   * @throws EmrError `RECEIPT_NOT_FOUND`, `AUDIENCE_NOT_FOUND`, `ROLE_DENIED`.
   */
  async receipt(audienceId: AudienceId, options?: CallOptions): Promise<AudienceReceipt> {
    const request = {
      audienceId: validate(AudienceId, audienceId, 'the ID of the audience grant'),
    };
    const signal = this.#context.signalOf(options);
    return this.#context.ledger.evaluate('audience:GetReceipt', request, { signal });
  }

  /** One grant, the patient's signatures checked. Throws `AUDIENCE_NOT_FOUND`, `SIGNATURE_INVALID`. */
  async get(audienceId: AudienceId, options?: CallOptions): Promise<Audience> {
    return this.#read(audienceId, this.#context.signalOf(options));
  }

  /**
   * All of a patient's for the patient and auditors; for others, those in force that let them in. The
   * patient's signatures are checked one by one.
   */
  async *list(options: ListAudiencesOptions = {}): AsyncGenerator<Audience, void, void> {
    const signal = this.#context.signalOf(options);
    const patient = validate(UserId, options.patient ?? this.#context.userId, 'the patient');
    for await (const audience of listAudiences(this.#context, patient, signal)) {
      if (audience.body.patient !== patient) {
        throw new EmrError('SIGNATURE_INVALID', { what: 'audience grant' });
      }
      await assertPatientSigned(this.#context, audience, signal);
      yield audience;
    }
  }

  /**
   * (Reader.) Asks for a ticket, and so puts on the ledger who asks, whose records, and why. Where the
   * rule asks for approvals, the ticket opens nothing until it has them.
   *
   * @throws EmrError `AUDIENCE_OPTED_OUT` where no grant of the patient lets the caller in;
   *   `READER_REFUSED`, `PURPOSE_DENIED`, `AUDIENCE_ENDED`, `GRANT_NOT_YET_VALID`, `TICKET_EXISTS`.
   */
  async request(options: TicketRequestOptions): Promise<AudienceTicket> {
    const { ledger, rng } = this.#context;
    const signal = this.#context.signalOf(options);
    const purpose = validate(PurposeOfUse, options.purpose, 'the purpose of use');
    const ticketId = validate(TicketId, options.ticketId ?? bytesToHex(rng(16)), 'the ticket ID');
    const audience = await this.#audienceFor(options, purpose, signal);
    const { audienceId } = audience.body;
    const { response } = await submitSettled(
      ledger,
      'audience:RequestTicket',
      { ticketId, audienceId, purpose },
      {
        signal,
        recall: () => this.#desk.ticket(ticketId, signal),
        missing: 'TICKET_NOT_FOUND',
      },
    );
    this.#desk.remember(audience);
    return assertOwnTicket(this.#context, response, { ticketId, audience });
  }

  async #audienceFor(
    { patient, audienceId }: TicketRequestOptions,
    purpose: PurposeOfUse,
    signal: AbortSignal,
  ): Promise<Audience> {
    if (patient === undefined) {
      const id = validate(AudienceId, audienceId, 'the ID of the audience grant');
      return this.#desk.audience(id, signal);
    }
    const wanted = { patient: validate(UserId, patient, 'the patient'), purpose };
    return findAudience(this.#context, { ...wanted, kind: 'attributes' }, signal);
  }

  async #own(audienceId: AudienceId, signal: AbortSignal): Promise<Audience> {
    const audience = await this.#read(audienceId, signal);
    if (audience.body.patient === this.#context.userId) return audience;
    throw new EmrError('INPUT_INVALID', {
      what: 'the audience grant',
      problem: 'another patient gave it',
    });
  }

  async #read(audienceId: AudienceId, signal: AbortSignal): Promise<Audience> {
    const request = {
      audienceId: validate(AudienceId, audienceId, 'the ID of the audience grant'),
    };
    const { ledger } = this.#context;
    const audience = await ledger.evaluate('audience:GetAudience', request, { signal });
    if (audience.body.audienceId !== audienceId) {
      throw new EmrError('SIGNATURE_INVALID', { what: 'audience grant' });
    }
    await assertPatientSigned(this.#context, audience, signal);
    return audience;
  }
}

function termsOf(options: CreateAudienceOptions): AudienceTerms {
  const { categories, readers, purposes, notBefore, notAfter, threshold } = options;
  return {
    categories,
    threshold,
    rule: {
      kind: 'attributes',
      readers,
      purposes: [...purposes],
      approvals: options.approvals ?? 0,
      dutyServices: options.dutyServices ?? false,
      ticketMs: options.ticketMs ?? HOUR_MS,
      notBefore,
      notAfter,
    },
  };
}
