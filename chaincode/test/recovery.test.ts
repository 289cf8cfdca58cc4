import { beforeEach, describe, expect, it } from '@jest/globals';
import { openBox, sealBox, SecretKey, shareSecretKey, type KeyShare } from '@emr-share/crypto';
import {
  canonicalBytes,
  implicitCollection,
  type RecoveryApprovalBody,
  type RecoveryCustodian,
  type RecoveryPlanBody,
  type RecoveryRequest,
  type SignedRecoveryPlan,
} from '@emr-share/model';
import { createHash } from 'node:crypto';
import { ORGANIZATIONS, type CallOptions, type Organization } from './support/channel.js';
import { HospitalStory, refusal } from './support/hospital-story.js';
import { bytesOf, hexOf, newId, type Person } from './support/person.js';

const [A, B, C] = ORGANIZATIONS;
const WAIT_MS = 3_600_000;

let story: HospitalStory;

beforeEach(async () => {
  story = await HospitalStory.begin();
});

/** A plan, and the shares as they are handed in; alice's, of hospitals A and B and of dr.carol. */
interface Draft {
  readonly plan: SignedRecoveryPlan;
  readonly sealed: Readonly<Record<string, string>>;
}

interface Wrong {
  readonly changes?: Partial<RecoveryPlanBody>;
  /** In the place of the share of hospital A. */
  readonly share?: (shares: readonly KeyShare[]) => Uint8Array;
  readonly context?: Readonly<Record<string, string>>;
  readonly signer?: Person;
}

const custodianKey = (mspId: Organization) => story.channel.custodians[mspId].secret(1).publicKey();

function draft({ changes = {}, share, context = {}, signer }: Wrong = {}): Draft {
  const { alice, carol } = story.people;
  const planId = newId();
  const secret = SecretKey.random();
  const { shares, commitments } = shareSecretKey(secret, { threshold: 2, shares: 3 });
  const boxFor = (mspId: Organization, i: number): Uint8Array => {
    const bytes = mspId === A && share !== undefined ? share(shares) : shares[i]!.toBytes();
    const bound = canonicalBytes({ mspId, planId, ...(mspId === A ? context : {}) });
    return sealBox(custodianKey(mspId), bytes, { context: bound });
  };
  const boxes = [A, B].map((mspId, i) => [mspId, boxFor(mspId, i)] as const);
  const guardian = canonicalBytes({ guardian: carol.userId, planId });
  const custodians: RecoveryCustodian[] = [
    ...boxes.map(([mspId, box]) => ({
      kind: 'organization' as const,
      mspId,
      generation: 1,
      sealedSha256: createHash('sha256').update(box).digest('hex'),
    })),
    {
      kind: 'guardian',
      userId: carol.userId,
      readerKey: hexOf(carol.reader.publicKey().toCompressedBytes()),
      sealed: hexOf(sealBox(carol.reader.publicKey(), shares[2]!.toBytes(), { context: guardian })),
    },
  ];
  const seedContext = canonicalBytes({ patient: 'alice', planId });
  const body: RecoveryPlanBody = {
    planId,
    patient: 'alice',
    threshold: 2,
    custodians,
    commitments: hexOf(commitments.toBytes()),
    seed: hexOf(sealBox(secret.publicKey(), new Uint8Array(32), { context: seedContext })),
    waitMs: WAIT_MS,
    createdAt: story.now,
    ...changes,
  };
  const sealed = Object.fromEntries(boxes.map(([mspId, box]) => [mspId, hexOf(box)]));
  return { plan: (signer ?? alice).sign('recovery-plan', body), sealed };
}

const deposit = (
  { plan, sealed }: Draft,
  mspId: Organization,
  { by = story.people.alice, at = mspId }: { by?: Person; at?: Organization } = {},
) =>
  story.channel.submit(
    by,
    'recovery:DepositShare',
    { planId: plan.body.planId, mspId },
    {
      organizations: [at],
      transient: {
        'recovery-share': Buffer.from(JSON.stringify({ plan, sealed: sealed[mspId] ?? sealed[A] })),
      },
    },
  );

const create = ({ plan }: Draft, by = story.people.alice) =>
  story.channel.submit(by, 'recovery:CreatePlan', plan);

async function planned(made = draft()): Promise<Draft> {
  await deposit(made, A);
  await deposit(made, B);
  await create(made);
  return made;
}

const recoverySk = SecretKey.random();
const recoveryKey = hexOf(recoverySk.publicKey().toCompressedBytes());

const request = ({ plan }: Draft, requestId = newId()): Promise<RecoveryRequest> =>
  story.channel.submit(story.people.alice, 'recovery:Request', {
    requestId,
    planId: plan.body.planId,
    recoveryKey,
  });

function approve(
  { requestId, planId, patient }: RecoveryRequest,
  by: Person,
  changes: Partial<RecoveryApprovalBody> = {},
): Promise<RecoveryRequest> {
  const body: RecoveryApprovalBody = {
    requestId,
    planId,
    patient,
    recoveryKey,
    approver: by.userId,
    mspId: by.mspId,
    approvedAt: story.now,
    ...changes,
  };
  return story.channel.submit(by, 'recovery:Approve', by.sign('recovery-approval', body));
}

const release = (
  { requestId }: RecoveryRequest,
  mspId: Organization = A,
  options: CallOptions = {},
) =>
  story.channel.evaluate(
    story.people.alice,
    'recovery:Release',
    { requestId },
    { organizations: [mspId], ...options },
  );

async function approved(made: Draft): Promise<RecoveryRequest> {
  const asked = await request(made);
  await approve(asked, story.people.adminA);
  return approve(asked, story.people.adminB);
}

describe('recovery:DepositShare', () => {
  it('writes private data of its organization only, and takes a repeat', async () => {
    const made = draft();
    await deposit(made, A);
    const { writes, privateWrites } = story.channel.last;
    expect([writes.size, privateWrites.size]).toEqual([0, 1]);
    await deposit(made, B);
    await create(made);
    await deposit(made, A);
    expect(story.channel.last.privateWrites.size).toBe(0);
  });

  it.each<[string, Wrong]>([
    ['on another polynomial', { share: () => Uint8Array.of(1, ...SecretKey.random().toBEBytes()) }],
    ['of another custodian', { share: (shares) => shares[1]!.toBytes() }],
    ['sealed for another plan', { context: { planId: 'f'.repeat(32) } }],
    ['of no use at all', { share: () => new Uint8Array(33) }],
  ])('refuses a share %s', async (_what, wrong) => {
    expect(await refusal(deposit(draft(wrong), A))).toBe('RECOVERY_SHARE_INVALID');
  });

  it('refuses what the patient did not sign, and who is not the patient', async () => {
    const { alice, bob, carol } = story.people;
    expect(await refusal(deposit(draft({ signer: bob }), A))).toBe('SIGNATURE_INVALID');
    expect(await refusal(deposit(draft(), A, { by: bob }))).toBe('SIGNER_MISMATCH');
    expect(await refusal(deposit(draft(), A, { by: carol }))).toBe('ROLE_DENIED');
    expect(await refusal(deposit(draft(), A, { at: B }))).toBe('INPUT_INVALID');
    expect(await refusal(deposit(draft(), C))).toBe('RECOVERY_SHARE_INVALID');
    const [one, other] = [draft(), draft()];
    const swapped = { plan: one.plan, sealed: other.sealed };
    expect(await refusal(deposit(swapped, A))).toBe('RECOVERY_SHARE_INVALID');
    expect(alice.userId).toBe(one.plan.body.patient);
  });
});

describe('recovery:CreatePlan', () => {
  it('wants every share to be in place, as the patient signed for it', async () => {
    const made = draft();
    await deposit(made, A);
    expect(await refusal(create(made))).toBe('RECOVERY_SHARE_MISSING');
    await deposit(made, B);
    expect(await create(made)).toEqual(made.plan);
    expect(await create(made)).toEqual(made.plan);
    expect(story.channel.events.map(({ type }) => type).filter((t) => t.startsWith('rec'))).toEqual(
      ['recovery.planned'],
    );
  });

  it('refuses other terms under the same ID, and a plan that was replaced', async () => {
    const first = await planned();
    const { planId } = first.plan.body;
    const other = draft({ changes: { planId } });
    expect(await refusal(create(other))).toBe('RECOVERY_PLAN_EXISTS');
    expect(await refusal(deposit(first, A, { by: story.people.bob }))).toBe('SIGNER_MISMATCH');
    await planned();
    expect(await refusal(create(first))).toBe('RECOVERY_PLAN_REPLACED');
    expect(await refusal(deposit(first, A))).toBe('RECOVERY_PLAN_REPLACED');
  });

  it('refuses guardians who are not registered, are suspended, or read with another key', async () => {
    const { carol, adminB } = story.people;
    const withGuardian = async (
      change: (guardian: Extract<RecoveryCustodian, { kind: 'guardian' }>) => RecoveryCustodian,
    ): Promise<string> => {
      const { custodians } = draft().plan.body;
      const changed = custodians.map((one) => (one.kind === 'guardian' ? change(one) : one));
      return refusal(create(draft({ changes: { custodians: changed } })));
    };
    const refused = 'RECOVERY_PLAN_REFUSED';
    expect(await withGuardian((one) => ({ ...one, userId: 'nobody' }))).toBe(refused);
    expect(await withGuardian((one) => ({ ...one, userId: 'alice' }))).toBe(refused);
    expect(await withGuardian((one) => ({ ...one, readerKey: recoveryKey }))).toBe(refused);
    await story.channel.submit(adminB, 'registry:SuspendUser', { userId: carol.userId });
    expect(await withGuardian((one) => one)).toBe(refused);
  });
});

describe('recovery:Release', () => {
  it('gives the share to the recovery key, the same bytes at each peer', async () => {
    const made = await planned();
    const asked = await approved(made);
    story.channel.now += WAIT_MS;
    const answer = await release(asked);
    expect(await release(asked)).toEqual(answer);
    const context = canonicalBytes({ mspId: A, requestId: asked.requestId });
    const bytes = openBox(recoverySk, bytesOf(answer.sealed), { context });
    expect(bytes[0]).toBe(1);
  });

  it('waits for both clocks: the transaction’s and the organization’s', async () => {
    const asked = await approved(await planned());
    const { releaseAt } = asked;
    story.channel.now = releaseAt - 1;
    expect(await refusal(release(asked, A, { at: releaseAt + 60_000 }))).toBe('RECOVERY_WAITING');
    story.channel.now = releaseAt;
    expect(await refusal(release(asked, A, { at: releaseAt - 1 }))).toBe('RECOVERY_WAITING');
    expect(await release(asked)).toMatchObject({ mspId: A });
  });

  it('is for approved requests, at organizations that approved, until the request lapses', async () => {
    const { adminA, carol } = story.people;
    const asked = await request(await planned());
    story.channel.now += WAIT_MS;
    expect(await refusal(release(asked))).toBe('RECOVERY_APPROVALS_MISSING');
    await approve(asked, adminA);
    expect(await refusal(release(asked))).toBe('RECOVERY_APPROVALS_MISSING');
    const handedOn = await approve(asked, carol, { share: 'ab'.repeat(84) });
    expect(handedOn.approvals).toHaveLength(2);
    expect(await release(asked)).toMatchObject({ mspId: A });
    expect(await refusal(release(asked, B))).toBe('RECOVERY_UNAPPROVED');
    story.channel.now = asked.expiresAt;
    expect(await refusal(release(asked))).toBe('RECOVERY_ENDED');
    expect(await refusal(approve(asked, story.people.adminB))).toBe('RECOVERY_ENDED');
  });

  it('refuses where the share is gone, or is not what the patient signed for', async () => {
    const made = await planned();
    const asked = await approved(made);
    story.channel.now += WAIT_MS;
    const address = story.channel.world
      .privateAddresses()
      .find((one) => one.startsWith(implicitCollection(A)))!;
    story.channel.world.overwritePrivate(address, new Uint8Array(84).fill(1));
    expect(await refusal(release(asked))).toBe('RECOVERY_SHARE_INVALID');
  });
});

describe('recovery:Approve', () => {
  it('counts one approval of each custodian, the first', async () => {
    const { adminA, carol } = story.people;
    const asked = await request(await planned());
    const once = await approve(asked, adminA);
    expect(await approve(asked, adminA, { approvedAt: story.now + 1 })).toEqual(once);
    const twice = await approve(asked, carol, { share: 'ab'.repeat(84) });
    expect(await approve(asked, carol, { share: 'cd'.repeat(84) })).toEqual(twice);
    expect(twice.approvals.map(({ body }) => body.approver)).toEqual([carol.userId, adminA.userId]);
  });
});

describe('recovery:ResealShares', () => {
  it('keeps the shares of plans in force, and no others, when the custodian key changes', async () => {
    const { adminA, adminB } = story.people;
    const former = await planned();
    const made = await planned();
    const asked = await approved(made);
    story.channel.custodians[A].add(2);
    const outdated = async (by = adminA) => {
      const request = { mspId: A, generation: 2 };
      const options = { organizations: [A] };
      const page = await story.channel.evaluate(
        by,
        'recovery:ListOutdatedShares',
        request,
        options,
      );
      return page.shares;
    };
    const { planId } = made.plan.body;
    expect(await outdated()).toEqual([planId]);
    expect(await refusal(outdated(adminB))).toBe('ROLE_DENIED');
    const shares = [former.plan.body.planId, planId];
    const resealed = await story.channel.submit(
      adminA,
      'recovery:ResealShares',
      { mspId: A, generation: 2, shares },
      { organizations: [A] },
    );
    expect(resealed).toEqual({ mspId: A, resealed: [planId], unreadable: [] });
    expect(await outdated()).toEqual([]);
    story.channel.custodians[A].destroy(1);
    story.channel.now += WAIT_MS;
    expect(await release(asked)).toMatchObject({ mspId: A });
  });
});
