import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CATEGORIES, categoryScopeId, recordScopeId } from '@emr-share/model';
import * as keys from '../src/ledger-keys.js';
import { WorldState } from '../src/world-state.js';
import { createStub } from './support/stub.js';
import { newSimulation, World } from './support/world.js';

const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789');
const hexDigits = Array.from('0123456789abcdef');
const userId = fc
  .tuple(
    fc.constantFrom(...letters),
    fc.string({ unit: fc.constantFrom(...letters, '.', '_', '-'), minLength: 1, maxLength: 62 }),
    fc.constantFrom(...letters),
  )
  .map((parts) => parts.join(''));
const id = fc.string({
  unit: fc.constantFrom(...hexDigits),
  minLength: 32,
  maxLength: 32,
});
const mspId = fc.stringMatching(/^[A-Za-z][A-Za-z0-9.-]{0,63}$/);
const category = fc.constantFrom(...CATEGORIES);
const time = fc.integer({ min: 0, max: 999_999_999_999_999 });
const version = fc.integer({ min: 1, max: 9_999_999_999 });
const scopeId = fc.oneof(
  fc.tuple(userId, category, fc.nat(999_999)).map((parts) => categoryScopeId(...parts)),
  fc.tuple(userId, id).map((parts) => recordScopeId(...parts)),
);

type AnyKey = keys.FactKey<unknown>;
const of = <A extends unknown[]>(
  make: (...parts: A) => AnyKey,
  ...parts: { [I in keyof A]: fc.Arbitrary<A[I]> }
): fc.Arbitrary<AnyKey> => fc.tuple<A>(...parts).map((drawn) => make(...drawn));

const anyKey: fc.Arbitrary<AnyKey> = fc.oneof(
  of(keys.userKey, userId),
  of(keys.custodianKey, mspId),
  of(keys.scopeKey, scopeId),
  of(keys.scopeHeadKey, userId, category),
  of(keys.policyKey, userId, version),
  of(keys.policyHeadKey, userId),
  of(keys.recordKey, id),
  of(keys.recordOfKey, userId, id),
  of(keys.wrapKey, id, scopeId),
  of(keys.grantKey, id),
  of(keys.grantScopeKey, id, scopeId),
  of(keys.grantOfKey, userId, id),
  of(keys.grantToKey, userId, userId, id),
  of(keys.ticketKey, id),
  of(keys.receiptKey, id),
  of(keys.logKey, userId, time, id),
  of(keys.fragmentKey, id, scopeId),
  of(keys.audienceKey, id),
  of(keys.audienceScopeKey, id, scopeId),
  of(keys.audienceOfKey, userId, id),
  of(keys.rosterKey, version),
  of(keys.rosterVoteKey, version, mspId),
  of(keys.dealingKey, id, scopeId, version, mspId),
  of(keys.resharingKey, id, scopeId, version),
  of(keys.sharingKey, id, scopeId),
  of(keys.newShareKey, id, scopeId, version),
  of(keys.dealtShareKey, id, scopeId, version, mspId),
  of(keys.audienceTicketKey, id),
  of(keys.ticketApprovalKey, id, mspId),
  of(keys.emergencyOfKey, userId, id),
  of(keys.emergencyByKey, userId, id),
  of(keys.unreviewedKey, userId, time, id),
  of(keys.shareKey, id, scopeId),
);

const newStub = () => {
  const proposal = {
    transactionId: '0',
    creator: { mspid: 'HospAMSP', idBytes: new Uint8Array() },
    timestampMs: 0,
    args: [],
    transient: new Map<string, Uint8Array>(),
  };
  const simulation = newSimulation();
  const world = new World();
  return { world, simulation, stub: createStub(world, 'HospAMSP', proposal, simulation).stub };
};

const { stub } = newStub();
const encode = ({ type, parts }: AnyKey): string => stub.createCompositeKey(type, [...parts]);

describe('ledger keys', () => {
  it('are different for different facts', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(encode(a) === encode(b)).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('come apart into what they were made of', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const { objectType, attributes } = stub.splitCompositeKey(encode(key));
        expect([objectType, ...attributes]).toEqual([key.type, ...key.parts]);
      }),
      { numRuns: 1000 },
    );
  });

  it('are not in the range of another patient, however alike the IDs', () => {
    fc.assert(
      fc.property(userId, userId, id, (patient, other, recordId) => {
        fc.pre(patient !== other);
        const prefix = encode(keys.recordsOf(patient));
        expect(encode(keys.recordOfKey(other, recordId)).startsWith(prefix)).toBe(false);
      }),
      { examples: [['alice', 'alice2', '0'.repeat(32)]] },
    );
  });

  it('sort as the numbers in them', () => {
    fc.assert(
      fc.property(userId, time, time, id, id, (patient, a, b, x, y) => {
        fc.pre(a < b);
        const [first, second] = [keys.logKey(patient, a, x), keys.logKey(patient, b, y)].map(
          encode,
        );
        expect(first! < second!).toBe(true);
        expect(encode(keys.logSince(patient, b)) < second!).toBe(true);
        expect(encode(keys.logSince(patient, b)) > first!).toBe(true);
        const oldest = encode(keys.unreviewedKey(patient, a, x));
        expect(oldest < encode(keys.unreviewedKey(patient, b, y))).toBe(true);
      }),
    );
  });
});

describe('WorldState', () => {
  it('reads back what was committed, and never what was only written', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyKey,
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger()),
        async (key, value) => {
          const { world, simulation, stub: fresh } = newStub();
          const state = new WorldState(fresh);
          await state.put(key as keys.FactKey<typeof value>, value);
          expect(await state.get(key)).toBeNull();
          world.commit(simulation);
          expect(await state.get(key)).toEqual({ ...value });
        },
      ),
    );
  });
});
