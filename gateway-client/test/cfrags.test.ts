import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  encrypt,
  PublicKey,
  reencrypt,
  type Capsule,
  type VerifiedKeyFrag,
} from '@emr-share/crypto';
import { EmrError, type AccessTicket, type MspId } from '@emr-share/model';
import { Keyring } from '@emr-share/gateway-client';
import { collectCfrags } from '../src/access/cfrags.js';
import type { ClientContext } from '../src/client-context.js';
import { bytesToHex, hexToBytes } from '../src/bytes.js';
import { codeOf, refusalOf } from './support/refusal.js';
import { scriptedLedger } from './support/scripted-ledger.js';
import { counting } from './support/streams.js';

const SCOPE = 'p.meier/prescription/0';
const CUSTODIANS = ['HospAMSP', 'HospBMSP', 'HospCMSP'];
const ticket = { ticketId: '1'.repeat(32) } as AccessTicket;
const expired = new EmrError('TICKET_EXPIRED', { ticketId: ticket.ticketId, expiresAt: 1 });
const down = new EmrError('LEDGER_UNAVAILABLE', { endpoint: 'peer' });

const patient = Keyring.random();
const physician = Keyring.random();
const dek = counting(32);
let delegatingPk: PublicKey;
let capsule: Capsule;
let encryptedDek: Uint8Array;
let kfrags: readonly VerifiedKeyFrag[];

beforeAll(() => {
  delegatingPk = PublicKey.fromCompressedBytes(hexToBytes(patient.scopeKeyHex(SCOPE)));
  [capsule, encryptedDek] = encrypt(delegatingPk, dek);
  const delegateePk = physician.readerPk;
  kfrags = patient.delegate({ scopeId: SCOPE, delegateePk, threshold: 2, shares: 3 });
});

type Behaviour = 'honest' | 'lying' | 'garbled' | 'hanging' | EmrError;

function cfragOf(mspId: MspId, behaviour: Behaviour): string {
  if (behaviour === 'garbled') return '0'.repeat(718);
  // A lie that is well-formed: the right fragment, applied to another capsule.
  const target = behaviour === 'lying' ? encrypt(delegatingPk, dek)[0] : capsule;
  const kfrag = kfrags[CUSTODIANS.indexOf(mspId)];
  return bytesToHex(reencrypt(target, kfrag!).toBytesSimple());
}

function collect(behaviours: readonly Behaviour[], signal = new AbortController().signal) {
  const warnings: EmrError[] = [];
  const abandoned: MspId[] = [];
  const { ledger } = scriptedLedger({
    'access:Reencrypt': async (_request, { organizations, signal: asking }) => {
      const mspId = organizations?.[0] ?? '';
      const behaviour = behaviours[CUSTODIANS.indexOf(mspId)]!;
      if (EmrError.is(behaviour)) throw behaviour;
      if (behaviour === 'hanging') {
        await new Promise<never>((_resolve, reject) => {
          asking?.addEventListener('abort', () => {
            abandoned.push(mspId);
            reject(asking.reason as Error);
          });
        });
      }
      // The honest ones answer late, so that a liar is always heard first.
      if (behaviour === 'honest') await setTimeout(5);
      return { mspId, ticketId: ticket.ticketId, cfrag: cfragOf(mspId, behaviour) };
    },
  });
  const context = { ledger, warn: (warning: EmrError) => warnings.push(warning) };
  const request = {
    ticket,
    custodians: CUSTODIANS,
    threshold: 2,
    verify: (cfrag: Parameters<Parameters<typeof collectCfrags>[1]['verify']>[0]) =>
      cfrag.verify(capsule, patient.verifyingPk, delegatingPk, physician.readerPk),
  };
  const result = collectCfrags(context as unknown as ClientContext, request, signal);
  return { result, warnings, abandoned };
}

const opened = async (result: ReturnType<typeof collect>['result']): Promise<Uint8Array> =>
  physician.openReencrypted({ delegatingPk, capsule, cfrags: await result, encryptedDek });

describe('collectCfrags', () => {
  it('takes exactly as many answers as are needed, and they open the key', async () => {
    const { result, warnings } = collect(['honest', 'honest', 'honest']);
    expect(await result).toHaveLength(2);
    expect(await opened(result)).toEqual(dek);
    expect(warnings).toEqual([]);
  });

  it.each(['lying', 'garbled'] as const)(
    'names a %s custodian and does without it',
    async (behaviour) => {
      for (const position of [0, 1, 2]) {
        const behaviours: Behaviour[] = ['honest', 'honest', 'honest'];
        behaviours[position] = behaviour;
        const { result, warnings } = collect(behaviours);
        expect(await opened(result)).toEqual(dek);
        expect(warnings.map(({ code, details }) => ({ code, details }))).toEqual([
          { code: 'CFRAG_INVALID', details: { mspId: CUSTODIANS[position] } },
        ]);
      }
    },
  );

  it('does not wait for a custodian that hangs once it has enough, and lets it go', async () => {
    const { result, abandoned } = collect(['hanging', 'honest', 'honest']);
    expect(await opened(result)).toEqual(dek);
    expect(abandoned).toEqual(['HospAMSP']);
  });

  it('refuses with the count where two lie', async () => {
    const { result, warnings } = collect(['lying', 'honest', 'lying']);
    expect(await refusalOf(() => result)).toMatchObject({
      code: 'CFRAGS_INSUFFICIENT',
      details: { need: 2 },
    });
    expect(warnings.map(({ code }) => code)).toEqual(['CFRAG_INVALID', 'CFRAG_INVALID']);
  });

  it('gives the reason that enough custodians agree on', async () => {
    expect(await codeOf(() => collect([expired, expired, 'honest']).result)).toBe('TICKET_EXPIRED');
    expect(await codeOf(() => collect([expired, down, 'honest']).result)).toBe(
      'CFRAGS_INSUFFICIENT',
    );
    expect(await codeOf(() => collect([down, down, down]).result)).toBe('CFRAGS_INSUFFICIENT');
  });

  it('ends at an abort with its reason, and lets every custodian go', async () => {
    const controller = new AbortController();
    const { result, abandoned, warnings } = collect(
      ['hanging', 'hanging', 'hanging'],
      controller.signal,
    );
    await setTimeout();
    controller.abort(new Error('stop'));
    await expect(result).rejects.toThrow('stop');
    expect(abandoned).toEqual(CUSTODIANS);
    expect(warnings).toEqual([]);
  });
});
