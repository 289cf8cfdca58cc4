/**
 * The road to a lost keyring, taken by those whom it is not for; see docs/threat-model.md.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  KeyShare,
  openBox,
  recoverSecretKey,
  SecretKey,
  ShareCommitments,
} from '@emr-share/crypto';
import {
  connect,
  Keyring,
  KeyRecovery,
  rotateCustodian,
  type EmrClient,
  type EmrError,
  type Ledger,
} from '@emr-share/gateway-client';
import {
  canonicalBytes,
  guardiansOf,
  type MspId,
  type RecoveryApprovalBody,
  type RecoveryPlanBody,
  type RecoveryRequest,
} from '@emr-share/model';
import { codeOf } from './support/refusal.js';
import { interpose, Town, type Person } from './support/town.js';

const HOUR_MS = 3_600_000;
const WAIT_MS = HOUR_MS;
const [A, B, C] = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;

let town: Town;
let alice: Person;
let grace: Person;
let mallory: Person;
let adminA: EmrClient;
let adminB: EmrClient;
let adminC: EmrClient;

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

const adminOf = (mspId: MspId): Promise<EmrClient> => {
  const { identity, keyring } = town.consortium.admin(mspId);
  const { blobs } = town.consortium;
  return connect({ ledger: town.consortium.ledger(identity), blobs, keyring, clock: town.clock });
};

/** Shares at hospitals A and B and with grace; any two will do. */
const plan = async (): Promise<RecoveryPlanBody> => {
  const terms = { organizations: [A, B], guardians: ['grace'], waitMs: WAIT_MS };
  return (await alice.client.recovery.plan(terms)).body;
};

/** Whoever has a certificate of alice: she herself on a new device, or somebody who got hold of one. */
interface Device {
  readonly recovery: KeyRecovery;
  readonly keyring: Keyring;
  readonly warnings: EmrError[];
  readonly request: RecoveryRequest;
}

async function device(between = (real: Ledger): Ledger => real): Promise<Device> {
  const keyring = Keyring.random();
  const warnings: EmrError[] = [];
  const recovery = new KeyRecovery({
    ledger: between(alice.ledger),
    keyring,
    clock: town.clock,
    onWarning: (warning) => warnings.push(warning),
  });
  return { recovery, keyring, warnings, request: await recovery.request() };
}

const approve = async (
  { recovery, request }: Device,
  approvers: readonly EmrClient[],
): Promise<void> => {
  const { code } = recovery;
  for (const by of approvers) await by.recovery.approve(request.requestId, { code });
};

const finishing = ({ recovery, request }: Device): Promise<string> =>
  codeOf(recovery.finish(request.requestId), 'recovered');

const releasing = (
  { ledger }: { readonly ledger: Ledger },
  { request: { requestId } }: Device,
  mspId: MspId = A,
): Promise<string> =>
  codeOf(
    ledger.evaluate('recovery:Release', { requestId }, { organizations: [mspId] }),
    'released',
  );

beforeAll(async () => {
  town = await Town.build();
  alice = await town.patient(A, 'alice');
  mallory = await town.patient(A, 'mallory');
  grace = await town.physician(B, 'grace');
  [adminA, adminB, adminC] = await Promise.all([adminOf(A), adminOf(B), adminOf(C)]);
  await plan();
});

afterAll(async () => {
  await town[Symbol.asyncDispose]();
});

describe('fewer custodians than the threshold', () => {
  it('have nothing: one share opens nothing, and none can be made up', async () => {
    const { body } = await alice.client.recovery.get();
    const [box] = guardiansOf(body.custodians);
    const context = canonicalBytes({ guardian: 'grace', planId: body.planId });
    const bytes = grace.keyring.openSealed(bytesOf(box!.sealed), context);
    const commitments = ShareCommitments.fromBytes(bytesOf(body.commitments));
    const share = KeyShare.fromBytes(bytes, commitments);
    expect(await codeOf(() => recoverSecretKey([share]))).toBe('SHARES_INSUFFICIENT');
    expect(await codeOf(() => recoverSecretKey([share, share]))).toBe('SHARES_REPEATED');
    const madeUp = Uint8Array.of(1, ...SecretKey.random().toBEBytes());
    expect(await codeOf(() => KeyShare.fromBytes(madeUp, commitments))).toBe('SHARE_INVALID');
    const seedContext = canonicalBytes({ patient: 'alice', planId: body.planId });
    const guess = SecretKey.fromBEBytes(bytes.slice(1));
    expect(await codeOf(() => openBox(guess, bytesOf(body.seed), { context: seedContext }))).toBe(
      'SEALED_BOX_INVALID',
    );
  });

  it('release nothing, however long one waits', async () => {
    const thief = await device();
    await approve(thief, [adminA]);
    town.passTime(WAIT_MS);
    expect(await finishing(thief)).toBe('RECOVERY_APPROVALS_MISSING');
    expect(await releasing(alice, thief)).toBe('RECOVERY_APPROVALS_MISSING');
  });

  it('cannot be what a plan asks for: a minority, or guardians alone', async () => {
    const { recovery } = alice.client;
    expect(await codeOf(recovery.plan({ threshold: 1 }))).toBe('INPUT_INVALID');
    const guardians = ['grace', 'mallory'];
    const few = recovery.plan({ organizations: [A], guardians, threshold: 2 });
    expect(await codeOf(few)).toBe('INPUT_INVALID');
    expect(await codeOf(recovery.plan({ guardians: ['alice'] }))).toBe('RECOVERY_PLAN_REFUSED');
  });
});

describe('a thief with a certificate of the patient', () => {
  it('gets nothing before the waiting time is over', async () => {
    const thief = await device();
    await approve(thief, [adminA, adminB]);
    expect(await finishing(thief)).toBe('RECOVERY_WAITING');
    town.passTime(WAIT_MS - 60_000);
    expect(await finishing(thief)).toBe('RECOVERY_WAITING');
    expect(await releasing(alice, thief)).toBe('RECOVERY_WAITING');
  });

  it('gets nothing after a veto, which is in the log at once and needs the lost keys', async () => {
    const thief = await device();
    const { requestId } = thief.request;
    await approve(thief, [adminA, adminB]);
    const endedAt = town.clock.now();
    const body = { requestId, patient: 'alice', outcome: 'vetoed' as const, endedAt };
    const signature = mallory.keyring.sign('recovery-end', body);
    const forged = mallory.ledger.submit('recovery:Veto', { body, signature });
    expect(await codeOf(forged)).toBe('SIGNATURE_INVALID');
    await alice.client.recovery.veto(requestId);
    const { code } = thief.recovery;
    const late = grace.client.recovery.approve(requestId, { code });
    expect(await codeOf(late)).toBe('RECOVERY_VETOED');
    town.passTime(WAIT_MS);
    expect(await finishing(thief)).toBe('RECOVERY_VETOED');
    expect(await releasing(alice, thief)).toBe('RECOVERY_VETOED');
    const types: string[] = [];
    for await (const { type, requestId: of } of alice.client.audit.log()) {
      if (of === requestId) types.push(type);
    }
    expect(types).toEqual([
      'recovery.requested',
      'recovery.approved',
      'recovery.approved',
      'recovery.vetoed',
    ]);
  });

  it("cannot use another device's recovery: shares are sealed to that device's key", async () => {
    const own = await device();
    await approve(own, [adminA, adminB]);
    town.passTime(WAIT_MS);
    const { requestId } = own.request;
    const thief = await device();
    expect(await codeOf(thief.recovery.finish(requestId))).toBe('RECOVERY_MISMATCH');
    const { sealed } = await alice.ledger.evaluate(
      'recovery:Release',
      { requestId },
      { organizations: [A] },
    );
    const context = canonicalBytes({ mspId: A, requestId });
    const open = (keyring: Keyring) => () => keyring.openSealed(bytesOf(sealed), context);
    expect(await codeOf(open(thief.keyring))).toBe('SEALED_BOX_INVALID');
    expect(await codeOf(open(own.keyring), 'opened')).toBe('opened');
    const again = {
      requestId,
      planId: own.request.planId,
      recoveryKey: thief.keyring.readerKeyHex,
    };
    expect(await codeOf(alice.ledger.submit('recovery:Request', again))).toBe('RECOVERY_EXISTS');
  });

  it('cannot be taken for the patient: the approver compares the code of the device', async () => {
    const [own, thief] = [await device(), await device()];
    const { code } = own.recovery;
    const misled = adminA.recovery.approve(thief.request.requestId, { code });
    expect(await codeOf(misled)).toBe('RECOVERY_APPROVAL_REFUSED');
  });
});

describe('somebody else', () => {
  it('cannot ask for the keys: not as another user, nor with a certificate of another hospital', async () => {
    const { body } = await alice.client.recovery.get();
    const recoveryKey = Keyring.random().readerKeyHex;
    const ask = (ledger: Ledger) =>
      codeOf(
        ledger.submit('recovery:Request', {
          requestId: 'f'.repeat(32),
          planId: body.planId,
          recoveryKey,
        }),
      );
    expect(await ask(mallory.ledger)).toBe('SIGNER_MISMATCH');
    expect(await ask(grace.ledger)).toBe('ROLE_DENIED');
    const foreign = await town.consortium.enrol(C, { userId: 'alice', role: 'patient' });
    expect(await ask(town.consortium.ledger(foreign.identity))).toBe('CALLER_MISMATCH');
  });

  it("gets no share of another's request", async () => {
    const own = await device();
    await approve(own, [adminA, adminB]);
    town.passTime(WAIT_MS);
    expect(await releasing(mallory, own)).toBe('RECOVERY_MISMATCH');
  });

  it('cannot approve: no custodian, no officer, nor in the name of one', async () => {
    const own = await device();
    const { requestId, planId, recoveryKey } = own.request;
    const sign = (by: Person, changes: Partial<RecoveryApprovalBody>) => {
      const approvedAt = town.clock.now();
      const ids = { requestId, planId, patient: 'alice', recoveryKey };
      const body = { ...ids, approver: by.userId, mspId: by.ledger.mspId, approvedAt, ...changes };
      const approval = { body, signature: by.keyring.sign('recovery-approval', body) };
      return codeOf(by.ledger.submit('recovery:Approve', approval));
    };
    expect(await codeOf(adminC.recovery.approve(requestId, { code: own.recovery.code }))).toBe(
      'ROLE_DENIED',
    );
    expect(await sign(mallory, {})).toBe('ROLE_DENIED');
    const outsider = await town.physician(C, 'dr-chen');
    expect(await sign(outsider, {})).toBe('RECOVERY_APPROVAL_REFUSED');
    expect(await sign(outsider, { mspId: A })).toBe('RECOVERY_APPROVAL_REFUSED');
    expect(await sign(mallory, { share: 'ab'.repeat(84) })).toBe('RECOVERY_APPROVAL_REFUSED');
    expect(await sign(mallory, { approver: 'grace' })).toBe('SIGNER_MISMATCH');
    expect(await sign(grace, { recoveryKey: mallory.keyring.readerKeyHex })).toBe(
      'RECOVERY_APPROVAL_REFUSED',
    );
  });
});

describe('a custodian that lies', () => {
  it('is named, and the others suffice', async () => {
    const own = await device((real) =>
      interpose(real, {
        onEvaluate: async (name, options, answer) => {
          const given = (await answer()) as { readonly sealed: string };
          if (name !== 'recovery:Release' || options?.organizations?.[0] !== A) return given;
          return { ...given, sealed: `${given.sealed.slice(0, -2)}00` };
        },
      }),
    );
    await approve(own, [adminA, adminB]);
    town.passTime(WAIT_MS);
    expect(await finishing(own)).toBe('RECOVERY_SHARES_INSUFFICIENT');
    expect(own.warnings).toMatchObject([
      { code: 'RECOVERY_SHARE_INVALID', details: { custodian: A } },
    ]);
    await approve(own, [grace.client]);
    const { keyring } = await own.recovery.finish(own.request.requestId);
    expect(keyring.verifyingKeyHex).toBe(alice.keyring.verifyingKeyHex);
  });

  it('is named where it is a guardian, whose signature proves it', async () => {
    const own = await device();
    const { requestId, planId, recoveryKey } = own.request;
    const body: RecoveryApprovalBody = {
      requestId,
      planId,
      patient: 'alice',
      recoveryKey,
      approver: 'grace',
      mspId: B,
      share: 'ab'.repeat(84),
      approvedAt: town.clock.now(),
    };
    const signature = grace.keyring.sign('recovery-approval', body);
    await grace.ledger.submit('recovery:Approve', { body, signature });
    await approve(own, [adminA, adminB]);
    town.passTime(WAIT_MS);
    expect(await finishing(own)).toBe('recovered');
    expect(own.warnings).toMatchObject([
      { code: 'RECOVERY_SHARE_INVALID', details: { custodian: 'grace' } },
    ]);
  });
});

describe('what was', () => {
  it('is kept by a custodian that changes its key, as long as the plan is in force', async () => {
    const own = await device();
    await approve(own, [adminA, adminB]);
    const { identity } = town.consortium.admin(A);
    const report = await rotateCustodian({
      ledger: town.consortium.ledger(identity),
      keys: town.consortium.custodianKeys(A),
    });
    expect(report).toMatchObject({ unreadable: [], destroyed: [1] });
    town.passTime(WAIT_MS);
    expect(await finishing(own)).toBe('recovered');
  });

  it('opens nothing once a newer plan has replaced it', async () => {
    const own = await device();
    await approve(own, [adminA, grace.client]);
    const former = (await alice.client.recovery.get()).body;
    const current = await plan();
    town.passTime(WAIT_MS);
    expect(await finishing(own)).toBe('RECOVERY_PLAN_REPLACED');
    expect(await releasing(alice, own)).toBe('RECOVERY_PLAN_REPLACED');
    const again = { ...own.request, requestId: 'e'.repeat(32) };
    const { requestId, planId, recoveryKey } = again;
    const asking = alice.ledger.submit('recovery:Request', { requestId, planId, recoveryKey });
    expect(await codeOf(asking)).toBe('RECOVERY_PLAN_REPLACED');

    const [box] = guardiansOf(former.custodians);
    const context = canonicalBytes({ guardian: 'grace', planId: former.planId });
    const old = grace.keyring.openSealed(bytesOf(box!.sealed), context);
    const commitments = ShareCommitments.fromBytes(bytesOf(current.commitments));
    expect(await codeOf(() => KeyShare.fromBytes(old, commitments))).toBe('SHARE_INVALID');
    const purge = alice.ledger.submit(
      'recovery:PurgeShare',
      { planId: current.planId, mspId: A },
      { organizations: [A] },
    );
    expect(await codeOf(purge)).toBe('RECOVERY_PLAN_ACTIVE');
  });
});
