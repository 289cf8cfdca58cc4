/**
 * Chapter 8: whoever has the patient's certificate asks for her keys; she sees it at once, and stops
 * it. The good end takes the waiting time, a minute at least, and is left to the tests.
 *
 * @module
 */
import { KeyRecovery, Keyring } from '@emr-share/gateway-client';
import { demand, firstOf } from '../demand.js';
import type { Chapter } from '../story.js';

const DAY_MS = 86_400_000;
const WAIT_DAYS = 3;

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
};
