/**
 * Threat 9 of docs/threat-model.md: shares are handed on, and somebody wants to get at a key by it, or
 * to keep a share.
 */
import {
  Capsule,
  combineDealings,
  KeyShare,
  Partial,
  PublicKey,
  recoverSecretKey,
  reshare,
  sealBox,
  SecretKey,
  shareSecretKey,
  type ShareCommitments,
} from '@emr-share/crypto';
import {
  approveRoster,
  listRosters,
  proposeRoster,
  refreshShares,
} from '@emr-share/gateway-client';
import type { Keyring, Ledger } from '@emr-share/gateway-client';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  canonicalBytes,
  type Audience,
  type AudienceTicket,
  type Dealing,
  type EmrError,
  type MspId,
  type RosterTerms,
  type SharedScopeRef,
  type TransactionResponse,
} from '@emr-share/model';
import { createHash } from 'node:crypto';
import { describeOnEachBackend } from '../support/backends.js';
import { heardLiar, lyingAt } from '../support/between.js';
import { codeOf, refusalOf } from '../support/refusal.js';
import { CONTENT, openTicket, openWard, read, type Ward } from './support/ward.js';

type Prepared = TransactionResponse<'custody:PrepareDealings'>['prepared'][number];
type Opened = TransactionResponse<'audience:OpenRecords'>;

const [A, B, C] = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;
const EVERYBODY: readonly MspId[] = [A, B, C];
const OPEN = 'audience:OpenRecords';
const SHAPE = { threshold: 2, shares: 3 };
const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sha256 = (hex: string): string => createHash('sha256').update(hex, 'hex').digest('hex');

/** Other points, of the same number. */
const forgedCommitments = (hex: string): string =>
  hexOf(
    shareSecretKey(SecretKey.random(), {
      threshold: hex.length / 66,
      shares: 3,
    }).commitments.toBytes(),
  );

/** Collects the shares that a patient's client makes. */
function watch(keyring: Keyring, shares: Map<string, readonly KeyShare[]>): void {
  const shareScope = keyring.shareScope.bind(keyring);
  Object.assign(keyring, {
    shareScope: (...args: Parameters<Keyring['shareScope']>) => {
      const shared = shareScope(...args);
      shares.set(args[0], shared.shares);
      return shared;
    },
  });
}

describeOnEachBackend('whoever hands shares on', (backend) => {
  let ward: Ward;
  let ticket: AudienceTicket;
  let roster: number;
  let scope: SharedScopeRef;
  let prepared: Prepared;
  const original = new Map<string, readonly KeyShare[]>();

  const admin = async (mspId: MspId): Promise<Ledger> =>
    backend().ledger((await backend().admin(mspId)).identity);

  const decide = async (): Promise<number> => {
    await proposeRoster(await admin(A), { custodians: EVERYBODY });
    return (await approveRoster(await admin(B), A)).roster.number;
  };
  const prepare = async (mspId: MspId): Promise<Prepared> => {
    const request = { mspId, roster, scopes: [scope] };
    const at = { organizations: [mspId] };
    const answer = await (await admin(mspId)).evaluate('custody:PrepareDealings', request, at);
    return answer.prepared[0]!;
  };
  /** The same dealing to other parts. */
  const altered = async (
    commitments: ShareCommitments,
    shares: readonly KeyShare[],
  ): Promise<Prepared> => {
    const { custodians } = await (await admin(A)).evaluate('registry:ListCustodians', {});
    const sealed = EVERYBODY.map((mspId, i) => {
      const { publicKey } = custodians.find((one) => one.mspId === mspId)!;
      const context = canonicalBytes({ ...scope, dealer: A, mspId, roster });
      const key = PublicKey.fromCompressedBytes(bytesOf(publicKey));
      return { mspId, sealed: hexOf(sealBox(key, shares[i]!.toBytes(), { context })) };
    });
    const parts = prepared.dealing.shares.map((part, i) => ({
      ...part,
      sealedSha256: sha256(sealed[i]!.sealed),
    }));
    const dealing = {
      ...prepared.dealing,
      commitments: hexOf(commitments.toBytes()),
      shares: parts,
    };
    return { dealing, sealed };
  };
  const deposit = async (
    { dealing, sealed }: Prepared,
    to: MspId,
    as: MspId = dealing.dealer,
  ): Promise<unknown> => {
    const part = sealed.find(({ mspId }) => mspId === to)!.sealed;
    const transient = { dealings: canonicalBytes({ dealings: [{ dealing, sealed: part }] }) };
    const request = { mspId: to, dealer: dealing.dealer, roster: dealing.roster };
    const options = { organizations: [to], transient };
    return (await admin(as)).submit('custody:DepositDealings', request, options);
  };
  const deal = async (dealing: Dealing, as: MspId = dealing.dealer): Promise<unknown> =>
    (await admin(as)).submit('custody:Deal', { dealings: [dealing] });

  beforeAll(async () => {
    ward = await openWard(backend());
    watch(ward.patient.keyring, original);
    const { body } = await ward.patient.client.emergency.setRule({ categories: ['prescription'] });
    const { scopeId } = ward.prescription.metadata.keyWrap;
    scope = { audienceId: body.audienceId, scopeId };
    ticket = await openTicket(ward);
    roster = await decide();
    prepared = await prepare(A);
  });

  it('does not decide alone on a roster, nor let a minority of it suffice', async () => {
    const custodians = [C];
    const { inForce } = await listRosters(await admin(C));
    expect(await proposeRoster(await admin(C), { custodians })).toMatchObject({ adopted: false });
    expect(await listRosters(await admin(A))).toMatchObject({ inForce });
    const minority = { custodians: EVERYBODY, threshold: 1 };
    expect(await codeOf(proposeRoster(await admin(C), minority))).toBe('ROSTER_REFUSED');
    const terms: RosterTerms = { number: roster + 2, custodians: [...EVERYBODY], threshold: 2 };
    const skipped = (await admin(C)).submit('custody:SupportRoster', terms);
    expect(await codeOf(skipped)).toBe('ROSTER_STALE');
    const stranger = backend().ledger(ward.officer.identity);
    expect(await codeOf(proposeRoster(stranger, { custodians }))).toBe('ROLE_DENIED');
  });

  it('cannot deal another value than the own share: whoever looks sees it', async () => {
    const other = shareSecretKey(SecretKey.random(), SHAPE);
    const forged = await altered(other.commitments, other.shares);
    for (const attempt of [() => deposit(forged, B), () => deal(forged.dealing)]) {
      expect(await refusalOf(attempt())).toMatchObject({
        code: 'DEALING_INVALID',
        details: { mspId: A },
      });
    }
  });

  it('cannot hand anybody a part that does not fit, nor deal without parts', async () => {
    const share = original.get(scope.scopeId)![0]!;
    const [mine, another] = [reshare(share, SHAPE), reshare(share, SHAPE)];
    const unfit = await altered(mine.commitments, another.shares);
    const swapped = await altered(mine.commitments, mine.shares.toReversed());
    for (const attempt of [unfit, swapped]) {
      expect(await refusalOf(deposit(attempt, C))).toMatchObject({
        code: 'DEALING_INVALID',
        details: { mspId: A },
      });
    }
    expect(await codeOf(deal(prepared.dealing))).toBe('SHARE_MISSING');
  });

  it('deals the own organization’s shares, and no other’s', async () => {
    expect(await codeOf(deposit(prepared, C, B))).toBe('ROLE_DENIED');
    expect(await codeOf(deal(prepared.dealing, B))).toBe('ROLE_DENIED');
    const request = { mspId: A, roster, scopes: [scope] };
    const asB = (await admin(B)).evaluate('custody:PrepareDealings', request, {
      organizations: [A],
    });
    expect(await codeOf(asB)).toBe('ROLE_DENIED');
    const activate = (await admin(C)).submit('custody:ActivateShares', { roster, scopes: [scope] });
    expect(await codeOf(activate)).toBe('SHARING_UNKNOWN');
  });

  describe('once that is done', () => {
    let after: Audience;

    beforeAll(async () => {
      for (let round = 0; round < 2; round++) {
        for (const mspId of EVERYBODY) await refreshShares({ ledger: await admin(mspId) });
      }
      after = await ward.patient.client.audiences.get(scope.audienceId);
      expect(after.sharings).toHaveLength(1);
    });

    it('has former shares that the ledger takes no answer by', async () => {
      const ledger = backend().ledger(ward.physician.identity);
      const asked = { ticketId: ticket.ticketId, recordIds: [ward.prescription.recordId] };
      for (const mspId of EVERYBODY) {
        const at = { organizations: [mspId] };
        expect(await codeOf(ledger.evaluate(OPEN, asked, at))).toBe('SHARING_REPLACED');
        const later = { ...asked, roster: roster + 1 };
        expect(await codeOf(ledger.evaluate(OPEN, later, at))).toBe('SHARING_UNKNOWN');
      }
    });

    it('is named where it answers with a former share, and done without', async () => {
      const warnings: EmrError[] = [];
      const withFormer = (answer: Opened): Opened => {
        const { ticketId } = ticket;
        const share = original.get(scope.scopeId)![0]!;
        const readerKey = PublicKey.fromCompressedBytes(bytesOf(ticket.readerKey));
        return {
          ...answer,
          partials: answer.partials.map(({ recordId }) => {
            const { capsule } = ward.prescription.metadata.keyWrap;
            const occasion = canonicalBytes({ recordId, ticketId });
            const partial = Partial.compute(
              share,
              Capsule.fromBytesSimple(bytesOf(capsule)),
              occasion,
            );
            const context = canonicalBytes({ mspId: A, recordId, ticketId });
            const box = sealBox(readerKey, partial.toBytes(), { context });
            return { recordId, sealed: hexOf(box) };
          }),
        };
      };
      const client = await ward.physician.again({
        ledger: heardLiar(A, OPEN, withFormer),
        onWarning: (warning) => warnings.push(warning),
      });
      expect(await read(client, ticket)).toEqual([CONTENT]);
      expect(warnings).toMatchObject([{ code: 'PARTIAL_INVALID', details: { mspId: A } }]);
    });

    it('cannot pass off commitments, dealings or a roster that do not follow from the patient’s', async () => {
      const lies: ((sharing: NonNullable<Audience['sharings']>[number]) => unknown)[] = [
        (sharing) => ({ ...sharing, commitments: forgedCommitments(sharing.commitments) }),
        (sharing) => ({ ...sharing, links: [...sharing.links, ...sharing.links] }),
        ({ links, ...sharing }) => ({
          ...sharing,
          links: links.map((link) => ({
            ...link,
            dealings: link.dealings.map((dealing) => ({
              ...dealing,
              commitments: forgedCommitments(dealing.commitments),
            })),
          })),
        }),
      ];
      for (const lie of lies) {
        const forged = (audience: Audience) => ({
          ...audience,
          sharings: audience.sharings!.map(lie),
        });
        expect(await codeOf(readThrough(forged))).toBe('SIGNATURE_INVALID');
      }
      const rosters = after.rosters!.map((one) => ({ ...one, custodians: [B, A, C] }));
      expect(await codeOf(readThrough((audience) => ({ ...audience, rosters })))).toBe(
        'SIGNATURE_INVALID',
      );
    });

    it('gains nothing by dealing once more what was dealt, under this roster or a later one', async () => {
      expect(await codeOf(deposit(prepared, C))).toBe('DEALING_INVALID');
      expect(await deal(prepared.dealing)).toMatchObject({ response: { dealt: [], fixed: [] } });
      await decide();
      expect(await codeOf(deposit(prepared, C))).toBe('ROSTER_STALE');
      expect(await codeOf(deal(prepared.dealing))).toBe('ROSTER_STALE');
      expect(await read(ward.physician.client, ticket)).toEqual([CONTENT]);
    });

    /** What the physician reads where the own peer alters the grant. */
    const readThrough = async (lie: (audience: Audience) => unknown): Promise<string[]> => {
      const own = lyingAt([B], 'audience:GetAudience', lie);
      return read(await ward.physician.again({ ledger: own }), ticket);
    };
  });

  it('cannot mix former and new shares: they fit neither sharing, and give another key', () => {
    const key = SecretKey.random();
    const former = shareSecretKey(key, SHAPE);
    const dealings = former.shares.slice(0, 2).map((share) => reshare(share, SHAPE));
    const renewed = [0, 1, 2].map((i) =>
      combineDealings(
        former.commitments,
        dealings.map(({ dealer, shares }) => ({ dealer, share: shares[i]! })),
      ),
    );
    const equal = (shares: readonly KeyShare[]): boolean =>
      recoverSecretKey(shares).publicKey().equals(key.publicKey());
    expect(equal(renewed.slice(1))).toBe(true);
    const [kept, fresh] = [former.shares[0]!, renewed[1]!];
    const mixed = (): unknown => recoverSecretKey([kept, fresh]);
    expect(mixed).toThrow(expect.objectContaining({ code: 'SHARE_INVALID' }));
    const fitted = (): unknown => KeyShare.fromBytes(kept.toBytes(), fresh.commitments);
    expect(fitted).toThrow(expect.objectContaining({ code: 'SHARE_INVALID' }));
  });
});
