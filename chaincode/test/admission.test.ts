import { beforeAll, describe, expect, it } from '@jest/globals';
import { TRANSACTIONS, type TransactionName } from '@emr-share/model';
import shimLogger from 'fabric-shim/lib/logger.js';
import { MAX_CLOCK_SKEW_MS } from '../src/index.js';
import { enrol } from './support/enrolment.js';
import type { Identity } from './support/channel.js';
import { HospitalStory, refusal } from './support/hospital-story.js';
import { Person } from './support/person.js';

let story: HospitalStory;

beforeAll(async () => {
  story = await HospitalStory.begin();
});

const NAMES = Object.keys(TRANSACTIONS) as TransactionName[];
const OPEN: readonly TransactionName[] = [
  'registry:RegisterUser',
  'registry:GetUser',
  'registry:ListCustodians',
  'registry:GetCustodianKey',
];
const CLOSED = NAMES.filter((name) => !OPEN.includes(name));

const identity = async (mspId: string, attrs: Record<string, string>): Promise<Identity> => ({
  mspId,
  certificatePem: await enrol(mspId, attrs),
});

const call = (
  by: Identity,
  name: string = 'registry:GetPolicy',
  options: { at?: number } = {},
): Promise<string> => story.channel.evaluateRaw(by, name, '{"patient":"alice"}', options);

describe('admission', () => {
  it.each(CLOSED)('refuses unregistered callers of %s', async (name) => {
    const eve = await Person.enrolled('HospBMSP', 'dr.eve', 'physician');
    expect(await refusal(call(eve, name))).toBe('CALLER_UNREGISTERED');
  });

  it.each(NAMES)('refuses certificates without a user ID in %s', async (name) => {
    const nobody = await identity('HospAMSP', { role: 'patient' });
    expect(await refusal(call(nobody, name))).toBe('CALLER_MISMATCH');
  });

  it.each(NAMES)('refuses a transaction from another time in %s', async (name) => {
    const at = story.now - MAX_CLOCK_SKEW_MS - 1;
    expect(await refusal(call(story.people.alice, name, { at }))).toBe('TIMESTAMP_SKEW');
  });

  it.each([
    ['without a role', { 'emr.user': 'alice' }],
    ['with an unknown role', { 'emr.user': 'alice', role: 'king' }],
    ['with a user ID out of form', { 'emr.user': 'Alice Doe', role: 'patient' }],
    ['with a department out of form', { 'emr.user': 'alice', role: 'patient', department: 'a/b' }],
  ])('refuses a certificate %s', async (_what, attrs: Record<string, string>) => {
    expect(await refusal(call(await identity('HospAMSP', attrs)))).toBe('CALLER_MISMATCH');
  });

  it('never repeats what a certificate says', async () => {
    const odd = await identity('HospAMSP', { 'emr.user': 'Alice Doe', role: 'patient' });
    await expect(call(odd)).rejects.toThrow(/^(?!.*Doe)/);
  });

  it('refuses a certificate of another organization for the same user', async () => {
    const attrs = { 'emr.user': 'alice', role: 'patient' };
    expect(await refusal(call(await identity('HospBMSP', attrs)))).toBe('CALLER_MISMATCH');
  });

  it('refuses a certificate with another role than the registration', async () => {
    const attrs = { 'emr.user': 'dr.carol', role: 'auditor' };
    expect(await refusal(call(await identity('HospBMSP', attrs)))).toBe('CALLER_MISMATCH');
  });

  it.each([-MAX_CLOCK_SKEW_MS, 0, MAX_CLOCK_SKEW_MS])(
    'accepts a transaction %d ms from its own clock',
    async (skew) => {
      const answer = await call(story.people.alice, 'registry:GetPolicy', { at: story.now + skew });
      expect(JSON.parse(answer)).toMatchObject({ body: { patient: 'alice' } });
    },
  );

  it('refuses a transaction from the future', async () => {
    const at = story.now + MAX_CLOCK_SKEW_MS + 1;
    expect(await refusal(call(story.people.alice, 'registry:GetPolicy', { at }))).toBe(
      'TIMESTAMP_SKEW',
    );
  });
});

describe('the edge of the contracts', () => {
  const raw = (name: string, argument: string): Promise<string> =>
    story.channel.evaluateRaw(story.people.alice, name, argument);

  it.each([
    ['text that is not JSON', '{'],
    ['a missing field', '{}'],
    ['a field too many', '{"patient":"alice","also":1}'],
    ['a value of another type', '{"patient":1}'],
    ['null', 'null'],
  ])('refuses %s as a request', async (_what, argument) => {
    expect(await refusal(raw('registry:GetPolicy', argument))).toBe('INPUT_INVALID');
  });

  it('refuses a request of more than a million characters', async () => {
    const argument = JSON.stringify({ patient: 'a'.repeat(1_000_001) });
    expect(await refusal(raw('registry:GetPolicy', argument))).toBe('INPUT_INVALID');
  });

  it('refuses transactions that do not exist', async () => {
    expect(await refusal(raw('registry:Nothing', '{}'))).toBe('INPUT_INVALID');
    expect(await refusal(raw('registry:constructor', '{}'))).toBe('INPUT_INVALID');
    expect(await refusal(raw('grants:answer', '{}'))).toBe('INPUT_INVALID');
  });

  it('hides what went wrong inside, and says only that something did', async () => {
    const broken = Buffer.from('not JSON: diagnosis F32');
    story.channel.world.commit({
      ...story.channel.last,
      writes: new Map([['\0custodian\0HospXMSP\0', broken]]),
    });
    const logged: string[] = [];
    shimLogger.getLogger('registry:registry').error = (text) => logged.push(text);
    const answer = raw('registry:ListCustodians', '{}');
    await expect(answer).rejects.toMatchObject({ code: 'INTERNAL', details: {} });
    expect(logged).toEqual([expect.stringMatching(/^[0-9a-f]{64}: SyntaxError\n {4}at /)]);
    expect(logged.join()).not.toContain('F32');
  });

  it('has a transaction for every row of the table, and no other', () => {
    const { 'org.hyperledger.fabric': _system, ...contracts } = story.channel.metadata.contracts;
    const offered = Object.entries(contracts).flatMap(([contract, { transactions }]) =>
      transactions.map((transaction) => `${contract}:${transaction.name}`),
    );
    expect(offered.sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)('marks %s as a query or a transaction, as the table does', (name) => {
    const [contract = '', transaction] = name.split(':');
    const { transactions } = story.channel.metadata.contracts[contract]!;
    const isQuery = TRANSACTIONS[name].kind.endsWith('query');
    expect(transactions.find((offered) => offered.name === transaction)?.tag).toEqual(
      isQuery ? ['EVALUATE'] : ['SUBMIT', 'submitTx'],
    );
  });

  it('answers with its metadata, as peers and explorers ask for it', async () => {
    const { alice } = story.people;
    const name = 'org.hyperledger.fabric:GetMetadata';
    const answer = await story.channel.evaluateRaw(alice, name);
    expect(JSON.parse(answer)).toEqual(JSON.parse(JSON.stringify(story.channel.metadata)));
  });

  it('shows nothing of the service in the metadata', () => {
    const { contracts } = story.channel.metadata;
    for (const name of ['registry', 'records', 'grants', 'access', 'audit']) {
      const shown = Object.keys(contracts[name]!.contractInstance);
      expect(['name', 'default']).toEqual(expect.arrayContaining(shown));
    }
    const text = JSON.stringify(story.channel.metadata);
    for (const keys of Object.values(story.channel.custodians)) {
      expect(text).not.toContain(Buffer.from(keys.secret(1).toBEBytes()).toString('hex'));
    }
  });
});
