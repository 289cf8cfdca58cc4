/**
 * Chapter 1: everybody gets keys, a certificate, and an entry on the ledger.
 *
 * @module
 */
import type { Chapter } from '../story.js';

export const registeringChapter: Chapter = async ({ backend, cast, steps, signal }) => {
  const { patient, doctor, physician, consultant } = cast;
  await steps.ok('have published their custodian keys', 'the hospitals', async () => {
    const { custodians } = await patient.ledger.evaluate('registry:ListCustodians', {}, { signal });
    const names = custodians.map(({ mspId }) => mspId).sort();
    if (names.join() !== [...backend.organizations].sort().join()) {
      throw new Error(`custodians are ${names.join(', ')}`);
    }
    return {
      value: undefined,
      proof: `${names.join(', ')}: each will hold one fragment of a re-encryption key, sealed to it alone; two of three must answer before anyone reads.`,
    };
  });
  await steps.ok(
    'enrols: keys of her own, a policy, a key for each category',
    patient.name,
    async () => {
      const { scopes, policy } = await patient.client.identity.enrolPatient({ signal });
      return {
        value: undefined,
        proof: `${String(scopes.length)} public keys on the ledger, one for each category of records and one for what is sealed. Her policy allows ${policy.purposes.join(', ')}. Her secret keys never leave her device.`,
      };
    },
  );
  const doctors = [doctor, physician, consultant];
  await steps.ok('register', doctors.map(({ name }) => name).join(', '), async () => {
    for (const { client } of doctors) await client.identity.register({ role: 'physician', signal });
    return {
      value: undefined,
      proof: 'Each is known by a certificate of the own hospital and two public keys.',
    };
  });
};
