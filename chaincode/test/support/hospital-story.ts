/** A channel on which everybody is registered, with steps that tests build on. */
import { Capsule, CapsuleFrag, decryptReencrypted } from '@emr-share/crypto';
import {
  categoryScopeId,
  EmrError,
  type ErrorCode,
  type Grant,
  type GrantBody,
  type RecordBody,
  type SignedGrant,
  type TransactionRecord,
} from '@emr-share/model';
import { Channel, type CallOptions, type Organization } from './channel.js';
import { bytesOf, depositFor, newId, Person, type SealedScope } from './person.js';

/** Everybody of the story. */
export interface Cast {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly dave: Person;
  readonly monitor: Person;
  readonly auditor: Person;
  readonly adminA: Person;
  readonly adminB: Person;
  readonly adminC: Person;
}

/** Patients alice and bob; physicians carol (HospB) and dave (HospC); a device, an auditor, admins. */
async function enrolAll(): Promise<Cast> {
  return {
    alice: await Person.enrolled('HospAMSP', 'alice', 'patient'),
    bob: await Person.enrolled('HospAMSP', 'bob', 'patient'),
    carol: await Person.enrolled('HospBMSP', 'dr.carol', 'physician', 'cardiology'),
    dave: await Person.enrolled('HospCMSP', 'dr.dave', 'physician', 'oncology'),
    monitor: await Person.enrolled('HospAMSP', 'monitor-7', 'device'),
    auditor: await Person.enrolled('HospCMSP', 'auditor.c', 'auditor'),
    adminA: await Person.enrolled('HospAMSP', 'admin.hospa', 'admin'),
    adminB: await Person.enrolled('HospBMSP', 'admin.hospb', 'admin'),
    adminC: await Person.enrolled('HospCMSP', 'admin.hospc', 'admin'),
  };
}

export const SCOPE = categoryScopeId('alice', 'prescription', 0);

/** The beginning of every story: made once for each test file, forked for each test. */
let beginning: Promise<HospitalStory> | undefined;

export class HospitalStory {
  readonly channel: Channel;
  readonly people: Cast;

  private constructor(people: Cast, channel: Channel) {
    this.people = people;
    this.channel = channel;
  }

  /** Everybody registered, custodians published, alice and bob with policy and a scope. */
  static async begin(): Promise<HospitalStory> {
    beginning ??= HospitalStory.#prologue();
    const { people, channel } = await beginning;
    return new HospitalStory(people, channel.fork());
  }

  static async #prologue(): Promise<HospitalStory> {
    const story = new HospitalStory(await enrolAll(), new Channel());
    await story.#registerAll();
    await story.#publishCustodians();
    for (const patient of [story.people.alice, story.people.bob]) await story.#prepare(patient);
    return story;
  }

  /** The same story, to be gone on with apart from this one. */
  fork(): HospitalStory {
    return new HospitalStory(this.people, this.channel.fork());
  }

  get now(): number {
    return this.channel.now;
  }

  async #registerAll(): Promise<void> {
    for (const person of Object.values(this.people) as Person[]) {
      const registration = person.registration(this.now);
      await this.channel.submit(person, 'registry:RegisterUser', registration);
    }
  }

  async #publishCustodians(): Promise<void> {
    const { adminA, adminB, adminC } = this.people;
    for (const admin of [adminA, adminB, adminC]) {
      const organizations = [admin.mspId as Organization];
      const { publicKey } = await this.channel.evaluate(
        admin,
        'registry:GetCustodianKey',
        {},
        { organizations },
      );
      const request = { mspId: admin.mspId, publicKey, generation: 1 };
      await this.channel.submit(admin, 'registry:PublishCustodian', request);
    }
  }

  async #prepare(patient: Person): Promise<void> {
    await this.channel.submit(patient, 'registry:PublishPolicy', patient.policy(this.now));
    const scopeId = categoryScopeId(patient.userId, 'prescription', 0);
    const scopes = [patient.scope(scopeId, this.now)];
    await this.channel.submit(patient, 'registry:PublishScopes', { scopes });
  }

  /** Carol files a prescription for alice. */
  async file(changes: Partial<RecordBody> = {}): Promise<TransactionRecord> {
    const { alice, carol } = this.people;
    const record = carol.record(alice, this.now, changes);
    return this.channel.submit(carol, 'records:FileRecord', record);
  }

  /** Alice makes a grant for dave and seals its fragments; nothing is on the ledger yet. */
  draft(
    changes: Partial<GrantBody> = {},
    scopeIds: readonly string[] = [SCOPE],
  ): { grant: SignedGrant; scopes: SealedScope[] } {
    const { alice, dave } = this.people;
    const grant = alice.grant(dave, this.now, changes);
    return { grant, scopes: scopeIds.map((id) => alice.sealScope(this.channel, grant, id)) };
  }

  async deposit(
    grant: SignedGrant,
    scopes: readonly SealedScope[],
    mspIds = grant.body.custodians as readonly Organization[],
  ): Promise<void> {
    for (const mspId of mspIds) {
      const request = { grantId: grant.body.grantId, mspId };
      await this.channel.submit(this.people.alice, 'grants:DepositFragments', request, {
        organizations: [mspId],
        transient: depositFor(mspId, grant, scopes),
      });
    }
  }

  /** The whole grant: drafted, deposited, created. */
  async grant(
    changes: Partial<GrantBody> = {},
    scopeIds: readonly string[] = [SCOPE],
  ): Promise<Grant> {
    const { grant, scopes } = this.draft(changes, scopeIds);
    await this.deposit(grant, scopes);
    const request = { grant, scopes: scopes.map(({ scope }) => scope) };
    return this.channel.submit(this.people.alice, 'grants:CreateGrant', request);
  }

  /** Dave's ticket for a record. */
  async ticket(grant: Grant, record: TransactionRecord, ticketId = newId()): Promise<string> {
    const { grantId } = grant.body;
    const { recordId } = record;
    const request = { ticketId, grantId, recordId, purpose: 'TREAT' as const };
    await this.channel.submit(this.people.dave, 'access:RequestAccess', request);
    return ticketId;
  }

  /** One custodian's answer, as hex. */
  async cfrag(ticketId: string, mspId: Organization, options: CallOptions = {}): Promise<string> {
    const { cfrag } = await this.channel.evaluate(
      this.people.dave,
      'access:Reencrypt',
      { ticketId },
      { organizations: [mspId], ...options },
    );
    return cfrag;
  }

  /** What dave's own machine does with the answers. */
  open(record: TransactionRecord, cfrags: readonly string[], scopeId = SCOPE): Uint8Array {
    const { alice, dave } = this.people;
    const { capsule: hex, encryptedDek } = record.metadata.keyWrap;
    const capsule = Capsule.fromBytesSimple(bytesOf(hex));
    const delegatingPk = alice.scopeKey(scopeId).publicKey();
    const verified = cfrags.map((cfrag) =>
      CapsuleFrag.fromBytesSimple(bytesOf(cfrag)).verify(
        capsule,
        alice.signer.verifyingKey(),
        delegatingPk,
        dave.reader.publicKey(),
      ),
    );
    const { reader } = dave;
    return decryptReencrypted(reader, delegatingPk, capsule, verified, bytesOf(encryptedDek));
  }
}

/** The code with which a call is refused; fails where it is not. */
export async function refusal(call: Promise<unknown>): Promise<ErrorCode> {
  try {
    await call;
  } catch (error) {
    if (EmrError.is(error)) return error.code;
    throw error;
  }
  throw new Error('the call was accepted');
}
