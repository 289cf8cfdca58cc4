/**
 * Chapter 9: whoever has the patient's certificate asks for her keys; she sees it at once, stops it,
 * and takes new keys. A recovery that ends well takes the waiting time, a minute at least, and is left
 * to the tests.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { KeyRecovery, Keyring, type RotationStore } from '@emr-share/gateway-client';
import type { SignedKeyRotation } from '@emr-share/model';
import type { Actor } from '../cast.js';
import { demand, firstOf } from '../demand.js';
import type { Chapter, Story } from '../story.js';

const DAY_MS = 86_400_000;
const WAIT_DAYS = 3;
const SEALED_SEED_BYTES = 83;

/** Keeps the new seed for as long as the story is told; people have a keystore for that. */
class SeedInMemory implements RotationStore {
  #seed: Uint8Array | null = null;

  begin(proposed: Uint8Array): Promise<Uint8Array> {
    this.#seed ??= proposed;
    return Promise.resolve(this.#seed);
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }
}

export const recoveryChapter: Chapter = async (story) => {
  const { cast, steps, signal } = story;
  const { patient, physician, officer } = cast;
  await steps.ok('plans for the loss of her device', patient.name, async () => {
    const { body } = await patient.client.recovery.plan({
      guardians: [physician.userId],
      waitMs: WAIT_DAYS * DAY_MS,
      signal,
    });
    const [needed, all] = [String(body.threshold), String(body.custodians.length)];
    return {
      value: undefined,
      proof: `The hospitals and ${physician.name} hold a share each; ${needed} of ${all} must agree, and then wait ${String(WAIT_DAYS)} days for a veto of hers.`,
    };
  });
  // Her certificate, and keys that are not hers.
  const thief = new KeyRecovery({ ledger: patient.ledger, keyring: Keyring.random() });
  const { requestId } = await steps.ok(
    'asks for her keys to come to a new device',
    'Somebody with her certificate',
    async () => ({
      value: await thief.request({ signal }),
      proof: `Its code is ${thief.code}: whoever approves has it read out by her, in person.`,
    }),
  );
  await steps.ok('is deceived, and approves', officer.name, async () => {
    await officer.client.recovery.approve(requestId, {
      code: thief.code,
      signal,
    });
    return { value: undefined, proof: 'One approval opens nothing.' };
  });
  await steps.denied(
    {
      name: 'wants the keys',
      actor: 'Somebody with her certificate',
      code: 'RECOVERY_APPROVALS_MISSING',
      proof: 'No hospital gives its share before enough have approved and the wait is over.',
    },
    () => thief.finish(requestId, { signal }),
  );
  await steps.ok('sees the request on her device, and vetoes it', patient.name, async () => {
    const seen = [];
    for await (const request of patient.client.recovery.requests({ signal })) seen.push(request);
    const request = firstOf(seen, 'request to recover her keys');
    demand(request.requestId === requestId, 'the patient sees another request');
    await patient.client.recovery.veto(request.requestId, { signal });
    return {
      value: undefined,
      proof: 'It is over for good; the log has who asked and who approved.',
    };
  });
  await steps.denied(
    {
      name: 'tries once more',
      actor: 'Somebody with her certificate',
      code: 'RECOVERY_VETOED',
      proof: 'A request that was vetoed is answered by no custodian.',
    },
    () => thief.finish(requestId, { signal }),
  );
  await takeNewKeys(story);
};

async function takeNewKeys({ cast, steps, signal }: Story): Promise<void> {
  const { patient } = cast;
  await steps.ok('takes new keys, to be safe', patient.name, async () => {
    const store = new SeedInMemory();
    const { user } = await patient.client.keys.rotate({ store, signal });
    demand(user.verifyingKey !== patient.keyring.verifyingKeyHex, 'the key is the former one');
    return {
      value: undefined,
      proof: `Keys number ${String(user.keyNumber)}, signed by the former ones. What is stored stays as it is; what is filed from now on has new scopes.`,
    };
  });
  await steps.denied(
    {
      name: 'has read her former keys, and signs own ones into their place',
      actor: 'Somebody with her certificate',
      code: 'ROTATION_STALE',
      proof: 'Keys that are not in force any more sign nothing.',
    },
    () =>
      patient.ledger.submit(
        'registry:RotateKeys',
        { rotation: takeover(patient, Keyring.random()), scopes: [] },
        { signal },
      ),
  );
}

/** All fields right, and signed with the keys that the patient had. */
function takeover({ userId, keyring: former }: Actor, next: Keyring): SignedKeyRotation {
  const body = {
    userId,
    number: 2,
    previousVerifyingKey: former.verifyingKeyHex,
    verifyingKey: next.verifyingKeyHex,
    readerKey: next.readerKeyHex,
    previousSeed: randomBytes(SEALED_SEED_BYTES).toString('hex'),
    rotatedAt: Date.now(),
  };
  const signature = former.sign('key-rotation', body);
  return { body, signature, possession: next.sign('key-rotation', body) };
}
