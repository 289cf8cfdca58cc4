/**
 * Threat 2 of docs/threat-model.md: somebody makes the system fail or slow for the others.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decryptContent, openWithPassphrase, sealWithPassphrase } from '@emr-share/crypto';
import type { EmrError, Ledger } from '@emr-share/gateway-client';
import { EmrError as Refusal, type TransactionRecord } from '@emr-share/model';
import { codeOf } from './support/refusal.js';
import { interpose, Town, type Person } from './support/town.js';

const PLAINTEXT = new TextEncoder().encode('blood group 0 positive');
const TREAT = { purpose: 'TREAT' } as const;

let town: Town;
let alice: Person;
let doctor: Person;
let record: TransactionRecord;

beforeAll(async () => {
  town = await Town.build();
  alice = await town.patient('HospAMSP', 'alice');
  doctor = await town.physician('HospBMSP', 'dr-bauer');
  const options = { patient: 'alice', category: 'medicine', contentType: 'text/plain' } as const;
  ({ record } = await alice.client.records.upload(PLAINTEXT, options));
  await alice.client.grants.create({
    grantee: 'dr-bauer',
    categories: ['medicine'],
    purposes: ['TREAT'],
    durationMs: 3_600_000,
  });
});

afterAll(async () => {
  await town[Symbol.asyncDispose]();
});

type Behaviour = (answer: () => Promise<unknown>) => Promise<unknown>;

/** The ledger with custodians that behave as told when asked to re-encrypt. */
const withCustodians =
  (behaviours: Readonly<Record<string, Behaviour>>) =>
  (real: Ledger): Ledger =>
    interpose(real, {
      onEvaluate: (name, options, answer) => {
        const behaviour = behaviours[options?.organizations?.[0] ?? ''];
        return name === 'access:Reencrypt' && behaviour !== undefined
          ? behaviour(answer)
          : answer();
      },
    });

const hangs: Behaviour = () => new Promise(() => undefined);
const isDown: Behaviour = () =>
  Promise.reject(new Refusal('LEDGER_UNAVAILABLE', { endpoint: 'HospCMSP' }));
const rubbish: Behaviour = async (answer) => ({
  ...((await answer()) as object),
  cfrag: 'ab'.repeat(359),
});
/** A well-formed answer, to another question: the point that counts is another one. */
const otherCapsule: Behaviour = async (answer) => {
  const { cfrag, ...rest } = (await answer()) as { cfrag: string };
  return { ...rest, cfrag: cfrag.slice(66, 132) + cfrag.slice(0, 66) + cfrag.slice(132) };
};

async function fetchAgainst(
  behaviours: Readonly<Record<string, Behaviour>>,
): Promise<{ readonly outcome: string; readonly warnings: readonly EmrError[] }> {
  const warnings: EmrError[] = [];
  const session = await town.connectAs(doctor, {
    ledger: withCustodians(behaviours),
    onWarning: (warning) => warnings.push(warning),
  });
  const outcome = await codeOf(async () => {
    const fetched = await session.client.records.fetch(record.recordId, TREAT);
    expect(await fetched.bytes()).toEqual(PLAINTEXT);
  }, 'fetched');
  return { outcome, warnings };
}

describe('custodians that fail', () => {
  it('do not stop a reader while enough of the others answer', async () => {
    for (const behaviour of [hangs, isDown, rubbish, otherCapsule]) {
      expect((await fetchAgainst({ HospCMSP: behaviour })).outcome).toBe('fetched');
    }
  });

  it('are named where they lie', async () => {
    for (const behaviour of [rubbish, otherCapsule]) {
      const { outcome, warnings } = await fetchAgainst({ HospAMSP: behaviour, HospBMSP: isDown });
      expect(outcome).toBe('CFRAGS_INSUFFICIENT');
      const liar = warnings.find((warning) => Refusal.is(warning, 'CFRAG_INVALID'));
      expect(liar?.details).toEqual({ mspId: 'HospAMSP' });
    }
  });

  it('leave an honest reader an honest error when too many of them fail', async () => {
    const { outcome } = await fetchAgainst({ HospAMSP: isDown, HospBMSP: isDown });
    expect(outcome).toBe('CFRAGS_INSUFFICIENT');
  });

  it('cannot keep a reader who gives up waiting', async () => {
    const session = await town.connectAs(doctor, {
      ledger: withCustodians({ HospAMSP: hangs, HospBMSP: hangs }),
    });
    const signal = AbortSignal.timeout(300);
    await expect(
      session.client.records.fetch(record.recordId, { ...TREAT, signal }),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('requests that are huge, deep or malformed', () => {
  const submit = (request: unknown): Promise<unknown> =>
    doctor.ledger.submit('records:FileRecord', request as TransactionRecord);

  it('are refused at the edge, before any work', async () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1_000; i++) deep = [deep];
    const wrong: readonly unknown[] = [
      null,
      [],
      {},
      deep,
      { ...record, recordId: 'f'.repeat(2_000_000) },
      { ...record, recordId: '../../etc/passwd' },
      { ...record, metadata: { ...record.metadata, sizeBytes: -1 } },
      { ...record, metadata: { ...record.metadata, sizeBytes: 1e300 } },
      { ...record, extra: true },
    ];
    for (const request of wrong) expect(await codeOf(submit(request))).toBe('INPUT_INVALID');
  });

  it('do not make a listing longer than a page', async () => {
    const asked = { patient: 'alice', pageSize: 1_000_000_000 };
    expect(await codeOf(alice.ledger.evaluate('records:ListRecords', asked))).toBe('INPUT_INVALID');
  });

  it('change nothing for the others', async () => {
    expect((await fetchAgainst({})).outcome).toBe('fetched');
  });
});

describe('parameters that ask for much memory', () => {
  it('are bounded in a keystore', async () => {
    const box = await sealWithPassphrase(new Uint8Array(32), 'correct horse', {
      params: { N: 2 ** 14, r: 8, p: 1 },
    });
    const hungry = { ...box, kdf: { ...box.kdf, N: 2 ** 31 } };
    expect(await codeOf(openWithPassphrase(hungry, 'correct horse'))).toBe(
      'PASSPHRASE_BOX_INVALID',
    );
  });

  it('are bounded in a ciphertext header', async () => {
    const header = new Uint8Array(72);
    header.set(new TextEncoder().encode('EMRC'));
    header.set([1, 1, 63, 0], 4);
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream of one piece
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield header;
    };
    const drain = async (): Promise<void> => {
      const options = { dek: new Uint8Array(32), context: new Uint8Array(1) };
      for await (const piece of decryptContent(source(), options)) expect(piece).toBeDefined();
    };
    expect(await codeOf(drain)).toBe('CONTENT_HEADER_INVALID');
  });
});

describe('the same request, over and over', () => {
  it('files one record and one grant', async () => {
    const options = { patient: 'alice', category: 'omics', contentType: 'text/plain' } as const;
    const grantId = '0123456789abcdef0123456789abcdef';
    const uploads = [];
    for (let i = 0; i < 4; i++) {
      uploads.push(await doctor.client.records.upload(PLAINTEXT, options));
      await alice.client.grants.create({
        grantId,
        grantee: 'dr-bauer',
        categories: ['omics'],
        purposes: ['TREAT'],
        durationMs: 60_000,
      });
    }
    expect(new Set(uploads.map((upload) => upload.record.recordId)).size).toBe(1);
    expect(uploads.map((upload) => upload.alreadyFiled)).toEqual([false, true, true, true]);
    const grants = [];
    for await (const grant of alice.client.grants.list()) grants.push(grant.body.grantId);
    expect(grants.filter((id) => id === grantId)).toHaveLength(1);
  });
});
