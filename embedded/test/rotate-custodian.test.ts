import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  connect,
  Keyring,
  rotateCustodian,
  type CustodianKeyStore,
  type EmrClient,
  type Identity,
  type Ledger,
  type RotationReport,
} from '@emr-share/gateway-client';
import type { MspId, Role } from '@emr-share/model';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consortium } from '../src/index.js';

const A = 'HospAMSP';
const PLAINTEXT = new TextEncoder().encode('two tablets a day');

interface Person {
  readonly identity: Identity;
  readonly keyring: Keyring;
}

let directory: string;
let consortium: Consortium;
let patient: Person;
let doctor: Person;
let recordId: string;

const clientOf = ({ identity, keyring }: Person, between = (real: Ledger) => real) =>
  connect({
    ledger: between(consortium.ledger(identity)),
    blobs: consortium.blobs,
    keyring,
  });

async function enrol(userId: string, role: Role, mspId: MspId = A): Promise<Person> {
  const { identity } = await consortium.enrol(mspId, { userId, role });
  return { identity, keyring: Keyring.random() };
}

const grantBy = (client: EmrClient) =>
  client.grants.create({
    grantee: 'dr.weber',
    categories: ['prescription'],
    purposes: ['TREAT'],
    durationMs: 3_600_000,
  });

/** What every organization together lets the doctor read; fails where one fragment is lost. */
async function readWithEveryCustodian(): Promise<string> {
  const { custodians } = await consortium
    .ledger(doctor.identity)
    .evaluate('registry:ListCustodians', {});
  const client = await clientOf(doctor);
  const ticket = await client.access.request(recordId, { purpose: 'TREAT' });
  for (const { mspId } of custodians) {
    const request = { ticketId: ticket.ticketId };
    const options = { organizations: [mspId] };
    await consortium.ledger(doctor.identity).evaluate('access:Reencrypt', request, options);
  }
  const fetched = await client.records.fetch(recordId, { purpose: 'TREAT' });
  return new TextDecoder().decode(await fetched.bytes());
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emr-rotation-'));
  consortium = await Consortium.open({ directory });
  patient = await enrol('p.meier', 'patient');
  doctor = await enrol('dr.weber', 'physician');
  await (await clientOf(patient)).identity.enrolPatient({ emergency: false });
  const asDoctor = await clientOf(doctor);
  await asDoctor.identity.register({ role: 'physician' });
  const { record } = await asDoctor.records.upload(PLAINTEXT, {
    patient: 'p.meier',
    category: 'prescription',
    contentType: 'text/plain',
  });
  ({ recordId } = record);
});

afterEach(async () => {
  await consortium.close();
  await rm(directory, { recursive: true });
});

class Crash extends Error {}

type Step = <T>(call: () => Promise<T>) => Promise<T>;

/** A rotation whose every call on the ledger and on the keys goes through `step`. */
function rotate(step: Step = (call) => call()): Promise<RotationReport> {
  const real = consortium.ledger(consortium.admin(A).identity);
  const keys = consortium.custodianKeys(A);
  const ledger: Ledger = {
    mspId: real.mspId,
    userId: real.userId,
    evaluate: (...call) => step(() => real.evaluate(...call)),
    submit: (...call) => step(() => real.submit(...call)),
    events: (options) => real.events(options),
  };
  const store: CustodianKeyStore = {
    get generations() {
      return keys.generations;
    },
    add: (generation) => step(() => keys.add(generation)),
    destroyBefore: (generation) => step(() => keys.destroyBefore(generation)),
  };
  return rotateCustodian({ ledger, keys: store });
}

/** Ends with a crash after the call of that number: done, and its answer lost. */
function crashAfter(number: number): Step {
  let calls = 0;
  return async (call) => {
    const answer = await call();
    calls += 1;
    if (calls >= number) throw new Crash();
    return answer;
  };
}

async function reopen(): Promise<void> {
  await consortium.close();
  consortium = await Consortium.open({ directory });
}

describe('rotateCustodian', () => {
  it('gives the organization a new key, which alone opens what is live', async () => {
    await grantBy(await clientOf(patient));
    const steps: string[] = [];
    const ledger = consortium.ledger(consortium.admin(A).identity);
    const keys = consortium.custodianKeys(A);
    const report = await rotateCustodian({
      ledger,
      keys,
      onProgress: ({ step }) => steps.push(step),
    });
    expect(report).toEqual({
      mspId: A,
      generation: 2,
      resumed: false,
      resealed: 1,
      unreadable: [],
      destroyed: [1],
    });
    expect([...new Set(steps)]).toEqual(['publish', 'reseal', 'retire', 'destroy']);
    expect(keys.generations).toEqual([2]);
    expect(await readWithEveryCustodian()).toBe('two tablets a day');
    await reopen();
    expect(await readWithEveryCustodian()).toBe('two tablets a day');
  });

  it('keeps the shares of an emergency rule, which open what they opened before', async () => {
    const everyCustodian = { categories: ['prescription'], threshold: 3 } as const;
    await (await clientOf(patient)).emergency.setRule(everyCustodian);
    expect(await rotate()).toMatchObject({ resealed: 1, unreadable: [], destroyed: [1] });
    const role = 'emergency-physician';
    const physician = await clientOf(await enrol('e.braun', role, 'HospBMSP'));
    const consultant = await clientOf(await enrol('e.cruz', role, 'HospCMSP'));
    for (const { identity } of [physician, consultant]) await identity.register({ role });
    const emergency = { patient: 'p.meier', reason: { code: 'unconscious' } } as const;
    const { ticketId } = await physician.emergency.declare(emergency);
    await consultant.emergency.approve(ticketId);
    for await (const opened of physician.emergency.open(ticketId)) {
      expect(Buffer.from(await opened.bytes()).toString()).toBe('two tablets a day');
    }
    expect.assertions(2);
  });

  it('leaves what was revoked, and what nobody made a grant of, to the destroyed key', async () => {
    const client = await clientOf(patient);
    const revoked = await grantBy(client);
    await client.grants.revoke(revoked.body.grantId);
    expect(await rotate()).toMatchObject({ resealed: 0, destroyed: [1] });
  });

  it('lets a client go on that sealed to the old key while it was retired', async () => {
    let rotating: Promise<RotationReport> | undefined;
    const between = (real: Ledger): Ledger => ({
      mspId: real.mspId,
      userId: real.userId,
      evaluate: (...call) => real.evaluate(...call),
      submit: async (...call) => {
        // The fragments are sealed by now.
        if (call[0] === 'grants:DepositFragments') await (rotating ??= rotate());
        return real.submit(...call);
      },
      events: (options) => real.events(options),
    });
    const grant = await grantBy(await clientOf(patient, between));
    expect(await rotating).toMatchObject({ generation: 2, destroyed: [1] });
    expect(grant.scopes.flatMap(({ body }) => body.fragments)).toContainEqual(
      expect.objectContaining({ mspId: A, generation: 2 }),
    );
    expect(await readWithEveryCustodian()).toBe('two tablets a day');
  });

  it('recovers an organization whose published key is lost', async () => {
    await grantBy(await clientOf(patient));
    const keys = consortium.custodianKeys(A);
    await keys.add(2);
    await keys.destroyBefore(2);
    await keys.add(3);
    await keys.destroyBefore(3);
    await expect(rotate()).rejects.toMatchObject({ code: 'CUSTODIAN_STALE' });
    expect(keys.generations).toEqual([3]);
  });

  it('is refused to everybody but an admin of the organization', async () => {
    const keys = consortium.custodianKeys(A);
    const ledger = consortium.ledger(consortium.admin('HospBMSP').identity);
    await expect(rotateCustodian({ ledger, keys })).rejects.toMatchObject({
      code: 'CUSTODIAN_STALE',
    });
    const asDoctor = rotateCustodian({ ledger: consortium.ledger(doctor.identity), keys });
    await expect(asDoctor).rejects.toMatchObject({ code: 'ROLE_DENIED' });
    expect(keys.generations[0]).toBe(1);
  });

  it('loses no live fragment to a crash after any of its calls, and is finished by the next one', async () => {
    await grantBy(await clientOf(patient));
    let generation = 1;
    for (let call = 1; ; call++) {
      const outcome = await rotate(crashAfter(call)).then(
        () => 'done',
        (error: unknown) => (error instanceof Crash ? 'crashed' : Promise.reject(error as Error)),
      );
      if (outcome === 'done') break;
      await reopen();
      expect(await readWithEveryCustodian()).toBe('two tablets a day');
      const finished = await rotate();
      expect(finished.unreadable).toEqual([]);
      expect(finished.generation).toBeGreaterThan(generation);
      ({ generation } = finished);
      expect(consortium.custodianKeys(A).generations).toEqual([generation]);
    }
    expect(await readWithEveryCustodian()).toBe('two tablets a day');
    expect(generation).toBeGreaterThan(8);
  });
});
