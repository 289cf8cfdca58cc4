import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  decryptWithCustodians,
  encrypt,
  Partial,
  PublicKey,
  sealBox,
  type Capsule,
  type KeyShare,
  type SharedKey,
} from '@emr-share/crypto';
import { canonicalBytes, EmrError, type MspId } from '@emr-share/model';
import { Keyring } from '@emr-share/gateway-client';
import { collectPartials } from '../../src/audiences/partials.js';
import { bytesToHex, hexToBytes } from '../../src/bytes.js';
import type { ClientContext } from '../../src/client-context.js';
import { codeOf, refusalOf } from '../support/refusal.js';
import { scriptedLedger } from '../support/scripted-ledger.js';
import { counting } from '../support/streams.js';

const SCOPE = 'p.meier/prescription/0';
const CUSTODIANS = ['HospAMSP', 'HospBMSP', 'HospCMSP'];
const ticketId = '1'.repeat(32);
const recordIds = ['2'.repeat(32), '3'.repeat(32)];
const ended = new EmrError('TICKET_ENDED', { ticketId, endedAt: 1 });

const patient = Keyring.random();
const physician = Keyring.random();
const deks = recordIds.map((_, i) => counting(32).map((byte) => byte ^ i));
let shared: SharedKey;
let wraps: readonly (readonly [Capsule, Uint8Array])[];

beforeAll(() => {
  const scopePk = PublicKey.fromCompressedBytes(hexToBytes(patient.scopeKeyHex(SCOPE)));
  shared = patient.shareScope(SCOPE, { threshold: 2, shares: 3 });
  wraps = deks.map((dek) => encrypt(scopePk, dek));
});

type Behaviour =
  | 'honest'
  | 'with the share of another'
  | 'for another ticket'
  | 'for another reader'
  | 'with one record swapped for the other'
  | 'with a record left out'
  | EmrError;

function sealedBy(mspId: MspId, i: number, behaviour: Behaviour): string {
  const index = CUSTODIANS.indexOf(mspId);
  const recordId = recordIds[i]!;
  const from = behaviour === 'with one record swapped for the other' ? 1 - i : i;
  const share: KeyShare =
    shared.shares[behaviour === 'with the share of another' ? (index + 1) % 3 : index]!;
  const occasion = behaviour === 'for another ticket' ? '4'.repeat(32) : ticketId;
  const to = behaviour === 'for another reader' ? patient : physician;
  const proofContext = canonicalBytes({ recordId: recordIds[from]!, ticketId: occasion });
  const partial = Partial.compute(share, wraps[from]![0], proofContext);
  const context = canonicalBytes({ mspId, recordId, ticketId });
  return bytesToHex(sealBox(to.readerPk, partial.toBytes(), { context }));
}

function collect(
  behaviours: readonly Behaviour[],
  authentic: Promise<unknown> = Promise.resolve(),
): { result: ReturnType<typeof collectPartials>; warnings: EmrError[] } {
  const warnings: EmrError[] = [];
  const { ledger } = scriptedLedger({
    'audience:OpenRecords': (_request, { organizations }) => {
      const mspId = organizations?.[0] ?? '';
      const behaviour = behaviours[CUSTODIANS.indexOf(mspId)]!;
      if (EmrError.is(behaviour)) throw behaviour;
      const partials = recordIds.map((recordId, i) => ({
        recordId,
        sealed: sealedBy(mspId, i, behaviour),
      }));
      return {
        mspId,
        ticketId,
        partials: behaviour === 'with a record left out' ? partials.slice(1) : partials,
      };
    },
  });
  const context = {
    ledger,
    keyring: physician,
    warn: (warning: EmrError) => warnings.push(warning),
  } as unknown as ClientContext;
  const among = { custodians: CUSTODIANS, threshold: 2 };
  const locks = recordIds.map((recordId, i) => ({
    recordId,
    capsule: wraps[i]![0],
    commitments: shared.commitments,
  }));
  const request = { ticketId, among, roster: undefined, locks, authentic };
  return { result: collectPartials(context, request, new AbortController().signal), warnings };
}

async function opened(result: ReturnType<typeof collectPartials>): Promise<Uint8Array[]> {
  const answers = await result;
  return wraps.map(([capsule, encryptedDek], i) =>
    decryptWithCustodians(
      shared.commitments,
      capsule,
      answers.map((partials) => partials[i]!),
      encryptedDek,
    ),
  );
}

describe('collectPartials', () => {
  it('takes as many answers as are needed, each for every record, and they open the keys', async () => {
    const { result, warnings } = collect(['honest', 'honest', 'honest']);
    expect(await result).toHaveLength(2);
    expect(await opened(result)).toEqual(deks);
    expect(warnings).toEqual([]);
  });

  it.each([
    'with the share of another',
    'for another ticket',
    'for another reader',
    'with one record swapped for the other',
    'with a record left out',
  ] as const)('names a custodian that answers %s, and does without it', async (lie) => {
    const { result, warnings } = collect([lie, 'honest', 'honest']);
    expect(await opened(result)).toEqual(deks);
    expect(warnings.map(({ code, details }) => ({ code, details }))).toEqual([
      { code: 'PARTIAL_INVALID', details: { mspId: 'HospAMSP' } },
    ]);
  });

  it('refuses with the count where two lie, and with the reason that enough of them give', async () => {
    const lies = collect(['for another ticket', 'honest', 'with a record left out']);
    expect(await refusalOf(() => lies.result)).toMatchObject({
      code: 'PARTIALS_INSUFFICIENT',
      details: { need: 2 },
    });
    expect(await codeOf(() => collect([ended, 'honest', ended]).result)).toBe('TICKET_ENDED');
  });

  it('blames no custodian for what was forged before it was asked', async () => {
    const forged = new EmrError('SIGNATURE_INVALID', { what: 'record' });
    const lie = 'with one record swapped for the other';
    const { result, warnings } = collect([lie, lie, lie], Promise.reject(forged));
    expect(await codeOf(() => result)).toBe('SIGNATURE_INVALID');
    expect(warnings).toEqual([]);
  });
});
