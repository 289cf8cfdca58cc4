/** A channel with those who act in emergencies, and alice, who lets them in. */
import {
  Capsule,
  decryptWithCustodians,
  openBox,
  Partial as PartialDecryption,
  ShareCommitments,
} from '@emr-share/crypto';
import {
  canonicalBytes,
  type ApprovalBody,
  type Audience,
  type AudienceBody,
  type AudienceRule,
  type AudienceTicket,
  type PurposeOfUse,
  type SignedApproval,
  type SignedAudience,
  type TransactionRecord,
  type TransactionRequest,
} from '@emr-share/model';
import type { CallOptions, Channel, Organization } from './channel.js';
import { HospitalStory, SCOPE, type Cast } from './hospital-story.js';
import { bytesOf, newId, Person } from './person.js';
import {
  emergencyRule,
  sharesFor,
  shareScope,
  signedAudience,
  type SharedScope,
} from './shares.js';

/** Erika of HospB declares; the others could approve, or review. */
export interface Responders {
  readonly erika: Person;
  readonly frank: Person;
  readonly officerA: Person;
  readonly officerB: Person;
  readonly officerC: Person;
  readonly dutyA: Person;
}

async function enrolResponders(): Promise<Responders> {
  return {
    erika: await Person.enrolled('HospBMSP', 'dr.erika', 'emergency-physician'),
    frank: await Person.enrolled('HospCMSP', 'dr.frank', 'emergency-physician'),
    officerA: await Person.enrolled('HospAMSP', 'officer.a', 'privacy-officer'),
    officerB: await Person.enrolled('HospBMSP', 'officer.b', 'privacy-officer'),
    officerC: await Person.enrolled('HospCMSP', 'officer.c', 'privacy-officer'),
    dutyA: await Person.enrolled('HospAMSP', 'duty.a', 'duty-service'),
  };
}

/** What a declaration and its approvals agree on. */
export interface Declared {
  readonly ticketId: string;
  readonly audienceId: string;
  readonly purpose: PurposeOfUse;
  readonly reader: string;
}

let beginning: Promise<EmergencyStory> | undefined;

export class EmergencyStory {
  readonly hospital: HospitalStory;
  readonly people: Cast & Responders;

  private constructor(hospital: HospitalStory, people: Cast & Responders) {
    this.hospital = hospital;
    this.people = people;
  }

  static async begin(): Promise<EmergencyStory> {
    beginning ??= EmergencyStory.#prologue();
    const { hospital, people } = await beginning;
    return new EmergencyStory(hospital.fork(), people);
  }

  static async #prologue(): Promise<EmergencyStory> {
    const hospital = await HospitalStory.begin();
    const responders = await enrolResponders();
    for (const person of Object.values(responders) as Person[]) {
      const registration = person.registration(hospital.now);
      await hospital.channel.submit(person, 'registry:RegisterUser', registration);
    }
    return new EmergencyStory(hospital, { ...hospital.people, ...responders });
  }

  get channel(): Channel {
    return this.hospital.channel;
  }

  get now(): number {
    return this.hospital.now;
  }

  /** Alice drafts an audience grant and shares its scopes; nothing is on the ledger yet. */
  draft(
    rule: AudienceRule = emergencyRule(this.now),
    changes: Partial<AudienceBody> = {},
    scopeIds: readonly string[] = [SCOPE],
  ): { audience: SignedAudience; scopes: SharedScope[] } {
    const { alice } = this.people;
    const audience = signedAudience(alice, rule, this.now, changes);
    const scopes = scopeIds.map((id) => shareScope(alice, this.channel, audience, id));
    return { audience, scopes };
  }

  async deposit(
    audience: SignedAudience,
    scopes: readonly SharedScope[],
    mspIds = audience.body.custodians as readonly Organization[],
    by = this.people.alice,
  ): Promise<void> {
    for (const mspId of mspIds) {
      const request = { audienceId: audience.body.audienceId, mspId };
      await this.channel.submit(by, 'audience:DepositShares', request, {
        organizations: [mspId],
        transient: sharesFor(mspId, audience, scopes),
      });
    }
  }

  create(audience: SignedAudience, scopes: readonly SharedScope[]): Promise<Audience> {
    const request = { audience, scopes: scopes.map(({ scope }) => scope) };
    return this.channel.submit(this.people.alice, 'audience:CreateAudience', request);
  }

  /** The whole audience grant: drafted, deposited, created. */
  async audience(
    rule: AudienceRule = emergencyRule(this.now),
    changes: Partial<AudienceBody> = {},
  ): Promise<Audience> {
    const { audience, scopes } = this.draft(rule, changes);
    await this.deposit(audience, scopes);
    return this.create(audience, scopes);
  }

  /** What erika is about to declare. */
  intent({ body: { audienceId } }: Audience, changes: Partial<Declared> = {}): Declared {
    const reader = this.people.erika.userId;
    return { ticketId: newId(), audienceId, purpose: 'BTG', reader, ...changes };
  }

  approval(
    intent: Declared,
    approver: Person = this.people.officerA,
    changes: Partial<ApprovalBody> = {},
  ): SignedApproval {
    return approver.sign('approval', {
      ...intent,
      patient: this.people.alice.userId,
      approver: approver.userId,
      mspId: approver.mspId,
      approvedAt: this.now,
      ...changes,
    } satisfies ApprovalBody);
  }

  declare(
    { ticketId, audienceId, purpose }: Declared,
    approvals: SignedApproval[] = [],
    by: Person = this.people.erika,
    changes: Partial<TransactionRequest<'emergency:Declare'>> = {},
  ): Promise<AudienceTicket> {
    return this.channel.submit(by, 'emergency:Declare', {
      ticketId,
      audienceId,
      purpose,
      reason: { code: 'unconscious' },
      approvals,
      ...changes,
    });
  }

  /** Declared with officer A's approval: open at once. */
  async opened(audience: Audience): Promise<AudienceTicket> {
    const intent = this.intent(audience);
    return this.declare(intent, [this.approval(intent)]);
  }

  /** One custodian's answer for one record, as hex. */
  async partial(
    ticketId: string,
    recordId: string,
    mspId: Organization,
    options: CallOptions = {},
    by: Person = this.people.erika,
  ): Promise<string> {
    const { partials } = await this.channel.evaluate(
      by,
      'audience:OpenRecords',
      { ticketId, recordIds: [recordId] },
      { organizations: [mspId], ...options },
    );
    return partials[0]!.sealed;
  }

  /** What the reader's own machine does with the answers. */
  open(
    audience: Audience,
    { ticketId }: Pick<AudienceTicket, 'ticketId'>,
    record: TransactionRecord,
    answers: Readonly<Partial<Record<Organization, string>>>,
    reader: Person = this.people.erika,
  ): Uint8Array {
    const { recordId, metadata } = record;
    const { capsule: capsuleHex, encryptedDek, scopeId } = metadata.keyWrap;
    const capsule = Capsule.fromBytesSimple(bytesOf(capsuleHex));
    const scope = audience.scopes.find(({ body }) => body.scopeId === scopeId)!;
    const commitments = ShareCommitments.fromBytes(bytesOf(scope.body.commitments));
    const verified = Object.entries(answers).map(([mspId, sealed]) => {
      const context = canonicalBytes({ mspId, recordId, ticketId });
      const partial = PartialDecryption.fromBytes(
        openBox(reader.reader, bytesOf(sealed), { context }),
      );
      return partial.verify(capsule, commitments, canonicalBytes({ ticketId, recordId }));
    });
    return decryptWithCustodians(commitments, capsule, verified, bytesOf(encryptedDek));
  }
}
