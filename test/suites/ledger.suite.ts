/**
 * What every adapter of the port `Ledger` does, through the port alone: answers, refusals, commits,
 * conflicts, aborts, events.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Keyring,
  signedRegistration,
  type Identity,
  type Ledger,
  type LedgerEvent,
} from '@emr-share/gateway-client';
import type {
  CanonicalValue,
  MspId,
  PolicyBody,
  Role,
  SignatureTag,
  SignedPolicy,
  SignedRegistration,
  UserId,
} from '@emr-share/model';
import { eventually } from '../support/eventually.js';

/** A running ledger of at least two organizations, and somebody to enrol users. */
export interface LedgerHarness {
  readonly organizations: readonly MspId[];
  enrol(mspId: MspId, user: { userId: UserId; role: Role }): Promise<Identity>;
  ledger(identity: Identity): Ledger;
  close(): Promise<void>;
}

interface Person {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly registration: SignedRegistration;
}

const CROWD = 20;

async function take(events: AsyncIterable<LedgerEvent>, count: number): Promise<LedgerEvent[]> {
  const taken: LedgerEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

/** Runs the suite; `open` gives a ledger that other tests do not use at the same time. */
export function describeLedger(name: string, open: () => Promise<LedgerHarness>): void {
  describe(`ledger: ${name}`, () => {
    let harness: LedgerHarness;
    let home: MspId;
    let away: MspId;
    let people = 0;

    beforeAll(async () => {
      harness = await open();
      const [first = '', second = ''] = harness.organizations;
      home = first;
      away = second;
    });
    afterAll(async () => {
      await harness.close();
    });

    async function newPerson(role: Role = 'physician', mspId = home): Promise<Person> {
      people += 1;
      const userId = `${role}.${people}-${Date.now().toString(36)}`;
      const ledger = harness.ledger(await harness.enrol(mspId, { userId, role }));
      const keyring = Keyring.random();
      const facts = { userId, mspId, role, registeredAt: Date.now() };
      return { ledger, keyring, registration: signedRegistration(keyring, facts) };
    }

    function signed<B extends CanonicalValue>(keyring: Keyring, tag: SignatureTag, body: B) {
      return { body, signature: keyring.sign(tag, body) };
    }

    const register = ({ ledger, registration }: Person) =>
      ledger.submit('registry:RegisterUser', registration);

    async function newPatient(): Promise<Person> {
      const patient = await newPerson('patient');
      await register(patient);
      return patient;
    }

    function policyOf({ ledger, keyring }: Person, change: Partial<PolicyBody> = {}): SignedPolicy {
      return signed(keyring, 'policy', {
        patient: ledger.userId,
        version: 1,
        purposes: ['TREAT' as const],
        maxGrantMs: 86_400_000,
        ticketMs: 60_000,
        closedCategories: [],
        publishedAt: Date.now(),
        ...change,
      });
    }

    it("is its caller's", async () => {
      const { ledger, registration } = await newPerson('physician', away);
      expect(ledger.mspId).toBe(away);
      expect(ledger.userId).toBe(registration.body.userId);
    });

    describe('submit', () => {
      it('answers with the response once every organization can see what was written', async () => {
        const person = await newPerson();
        const committed = await register(person);
        expect(committed.transactionId).toMatch(/^[0-9a-f]{64}$/);
        expect(committed.response).toMatchObject({ ...person.registration.body, status: 'active' });
        for (const mspId of harness.organizations) {
          const { userId } = person.ledger;
          const user = await eventually(() =>
            person.ledger.evaluate('registry:GetUser', { userId }, { organizations: [mspId] }),
          );
          expect(user).toEqual(committed.response);
        }
      });

      it('puts later transactions into the same block or a later one', async () => {
        const first = await register(await newPerson());
        const second = await register(await newPerson());
        expect(second.blockNumber).toBeGreaterThanOrEqual(first.blockNumber);
        expect(second.transactionId).not.toBe(first.transactionId);
      });

      it('gives the same answer to an identical repeat', async () => {
        const person = await newPerson();
        const first = await register(person);
        const again = await register(person);
        expect(again.response).toEqual(first.response);
      });

      it("rejects with the contract's code and fields, and writes nothing", async () => {
        const person = await newPerson();
        const { userId } = person.ledger;
        const other = await newPerson();
        const forged = { ...person.registration, signature: other.registration.signature };
        await expect(person.ledger.submit('registry:RegisterUser', forged)).rejects.toMatchObject({
          name: 'EmrError',
          code: 'SIGNATURE_INVALID',
        });
        await expect(person.ledger.evaluate('registry:GetUser', { userId })).rejects.toMatchObject({
          code: 'USER_NOT_FOUND',
          details: { userId },
        });
      });

      it('refuses a caller whose certificate says something else', async () => {
        const victim = await newPerson();
        const attacker = await newPerson();
        await expect(
          attacker.ledger.submit('registry:RegisterUser', victim.registration),
        ).rejects.toMatchObject({ code: 'CALLER_MISMATCH' });
      });

      it('refuses a request that is not what the transaction takes', async () => {
        const { ledger } = await newPerson();
        await expect(
          ledger.submit('registry:RegisterUser', { body: {} } as never),
        ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      });

      it('refuses a certificate that is presented for another organization', async () => {
        const identity = await harness.enrol(home, { userId: 'dr.elsewhere', role: 'physician' });
        const ledger = harness.ledger({ ...identity, mspId: away });
        await expect(
          ledger.submit('registry:SuspendUser', { userId: 'dr.elsewhere' }),
        ).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
      });

      it(`commits all of ${CROWD} that come at once`, async () => {
        const crowd = await Promise.all(Array.from({ length: CROWD }, () => newPerson()));
        const committed = await Promise.all(crowd.map(register));
        expect(new Set(committed.map(({ transactionId }) => transactionId)).size).toBe(CROWD);
        expect(committed.map(({ response }) => response.userId)).toEqual(
          crowd.map(({ ledger }) => ledger.userId),
        );
      });

      it('lets one of two through that want the same version, and tells the other', async () => {
        const patient = await newPatient();
        const outcomes = await Promise.allSettled(
          [60_000, 90_000].map((ticketMs) =>
            patient.ledger.submit('registry:PublishPolicy', policyOf(patient, { ticketMs })),
          ),
        );
        const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one] : []));
        expect(refused).toHaveLength(1);
        expect(refused[0]).toMatchObject({ reason: { code: 'POLICY_STALE' } });
      });

      it('wants an organization named for a transaction of one organization', async () => {
        const { ledger } = await newPatient();
        const request = { grantId: 'ab'.repeat(16), mspId: home };
        await expect(ledger.submit('grants:PurgeFragments', request)).rejects.toMatchObject({
          code: 'INPUT_INVALID',
        });
        await expect(
          ledger.submit('grants:PurgeFragments', request, { organizations: [home] }),
        ).rejects.toMatchObject({ code: 'GRANT_NOT_FOUND' });
      });
    });

    describe('evaluate', () => {
      it('writes nothing', async () => {
        const person = await newPerson();
        const { userId } = person.ledger;
        await person.ledger.evaluate('registry:RegisterUser', person.registration);
        await expect(person.ledger.evaluate('registry:GetUser', { userId })).rejects.toMatchObject({
          code: 'USER_NOT_FOUND',
        });
      });

      it('refuses callers who are not registered', async () => {
        const { ledger } = await newPerson();
        await expect(
          ledger.evaluate('records:GetRecord', { recordId: 'ab'.repeat(16) }),
        ).rejects.toMatchObject({ code: 'CALLER_UNREGISTERED' });
      });

      it('asks the organization that is named', async () => {
        const { ledger } = await newPerson();
        for (const mspId of harness.organizations) {
          const options = { organizations: [mspId] };
          const answer = await ledger.evaluate('registry:GetCustodianKey', {}, options);
          expect(answer.mspId).toBe(mspId);
        }
        await expect(ledger.evaluate('registry:GetCustodianKey', {})).rejects.toMatchObject({
          code: 'INPUT_INVALID',
        });
      });
    });

    describe('an abort', () => {
      const reason = new Error('changed my mind');

      it('that came before keeps a transaction from being made', async () => {
        const person = await newPerson();
        const signal = AbortSignal.abort(reason);
        await expect(
          person.ledger.submit('registry:RegisterUser', person.registration, { signal }),
        ).rejects.toBe(reason);
        await expect(
          person.ledger.evaluate('registry:ListCustodians', {}, { signal }),
        ).rejects.toBe(reason);
        await expect(
          person.ledger.evaluate('registry:GetUser', { userId: person.ledger.userId }),
        ).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      });

      it('ends a call that is under way with its reason', async () => {
        const person = await newPerson();
        const abort = new AbortController();
        const { signal } = abort;
        const submitted = person.ledger.submit('registry:RegisterUser', person.registration, {
          signal,
        });
        const evaluated = person.ledger.evaluate('registry:ListCustodians', {}, { signal });
        abort.abort(reason);
        await expect(submitted).rejects.toBe(reason);
        await expect(evaluated).rejects.toBe(reason);
      });
    });

    describe('events', () => {
      const own = (events: readonly LedgerEvent[], crowd: readonly Person[]) =>
        events.filter(({ entry }) => crowd.some(({ ledger }) => ledger.userId === entry.actor));

      it('tell of every committed transaction, in order, each once', async () => {
        const crowd = await Promise.all(Array.from({ length: 4 }, () => newPerson()));
        const { ledger } = crowd[0]!;
        const stop = new AbortController();
        const events = ledger.events({ after: { blockNumber: 0 }, signal: stop.signal });
        const committed = await Promise.all(crowd.map(register));
        const seen: LedgerEvent[] = [];
        for await (const event of events) {
          seen.push(event);
          if (own(seen, crowd).length === crowd.length) stop.abort();
        }
        const expected = committed.map(({ transactionId }) => transactionId).sort();
        const found = own(seen, crowd);
        expect(found.map(({ transactionId }) => transactionId).sort()).toEqual(expected);
        expect(new Set(seen.map(({ transactionId }) => transactionId)).size).toBe(seen.length);
        const blocks = seen.map(({ blockNumber }) => blockNumber);
        expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
        expect(found[0]?.entry).toMatchObject({ type: 'user.registered', mspId: home });
      });

      it('go on after a checkpoint without a gap and without a repeat', async () => {
        const crowd = await Promise.all(Array.from({ length: 3 }, () => newPerson()));
        await Promise.all(crowd.map(register));
        const { ledger } = crowd[0]!;
        const all = await take(ledger.events({ after: { blockNumber: 0 } }), 6);
        for (const [i, { checkpoint }] of all.slice(0, -1).entries()) {
          const rest = await take(ledger.events({ after: checkpoint }), all.length - 1 - i);
          expect(rest).toEqual(all.slice(i + 1));
        }
      });

      it('begin now without a checkpoint', async () => {
        const early = await newPerson();
        await register(early);
        const late = await newPerson();
        const events = take(late.ledger.events(), 1);
        // A network may take a moment to begin streaming.
        await delay(200);
        await register(late);
        expect((await events).map(({ entry }) => entry.actor)).toEqual([late.ledger.userId]);
      });

      it('end quietly when the signal aborts', async () => {
        const { ledger } = await newPerson();
        const reading = take(ledger.events({ signal: AbortSignal.timeout(200) }), 1);
        const outcome = await Promise.race([
          reading,
          delay(10_000, 'still waiting', { ref: false }),
        ]);
        expect(outcome).toEqual([]);
      });

      it('are for members only', async () => {
        const identity = await harness.enrol(home, { userId: 'dr.listener', role: 'physician' });
        const listening = harness.ledger({ ...identity, mspId: away });
        await expect(
          take(listening.events({ after: { blockNumber: 0 } }), 1),
        ).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
      });
    });
  });
}
