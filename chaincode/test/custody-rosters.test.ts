import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  Capsule,
  decryptWithCustodians,
  openBox,
  Partial,
  ShareCommitments,
} from '@emr-share/crypto';
import {
  canonicalBytes,
  type Audience,
  type AudienceTicket,
  type SharedScopeRef,
  type TransactionRecord,
  type TransactionResponse,
} from '@emr-share/model';
import { ORGANIZATIONS, type Organization } from './support/channel.js';
import { EmergencyStory } from './support/emergency-story.js';
import { refusal, SCOPE } from './support/hospital-story.js';
import { bytesOf, hexOf, type Person } from './support/person.js';

const [A, B, C] = ORGANIZATIONS;

let story: EmergencyStory;
let audience: Audience;
let record: TransactionRecord;
let ticket: AudienceTicket;
let scope: SharedScopeRef;

beforeEach(async () => {
  await begin();
});

async function begin(): Promise<void> {
  story = await EmergencyStory.begin();
  audience = await story.audience();
  record = await story.hospital.file();
  ticket = await story.opened(audience);
  scope = { audienceId: audience.body.audienceId, scopeId: SCOPE };
}

const adminOf = (mspId: Organization): Person =>
  ({ [A]: story.people.adminA, [B]: story.people.adminB, [C]: story.people.adminC })[mspId];

/** A majority supports the terms. */
async function decide(
  number: number,
  custodians: readonly Organization[],
  threshold: number,
): Promise<void> {
  for (const mspId of [A, B]) {
    const terms = { number, custodians: [...custodians], threshold };
    await story.channel.submit(adminOf(mspId), 'custody:SupportRoster', terms);
  }
}

type Prepared = TransactionResponse<'custody:PrepareDealings'>['prepared'][number];

async function prepare(mspId: Organization, roster: number): Promise<Prepared> {
  const request = { mspId, roster, scopes: [scope] };
  const { prepared } = await story.channel.evaluate(
    adminOf(mspId),
    'custody:PrepareDealings',
    request,
    { organizations: [mspId] },
  );
  return prepared[0]!;
}

async function deal(mspId: Organization, roster: number): Promise<boolean> {
  const { dealing, sealed } = await prepare(mspId, roster);
  for (const { mspId: to, sealed: part } of sealed) {
    const dealings = canonicalBytes({ dealings: [{ dealing, sealed: part }] });
    const request = { mspId: to, dealer: mspId, roster };
    await story.channel.submit(adminOf(mspId), 'custody:DepositDealings', request, {
      organizations: [to as Organization],
      transient: { dealings },
    });
  }
  const request = { dealings: [dealing] };
  const { fixed } = await story.channel.submit(adminOf(mspId), 'custody:Deal', request);
  return fixed.length > 0;
}

const atOwn = (
  name: 'custody:CombineShares' | 'custody:PurgeFormerShares',
  mspId: Organization,
  roster: number,
) =>
  story.channel.submit(
    adminOf(mspId),
    name,
    { mspId, roster, scopes: [scope] },
    {
      organizations: [mspId],
    },
  );

const activate = (roster: number) =>
  story.channel.submit(story.people.adminA, 'custody:ActivateShares', { roster, scopes: [scope] });

async function stepOf(mspId: Organization, roster: number): Promise<string | undefined> {
  const request = { mspId, roster };
  const { tasks } = await story.channel.evaluate(adminOf(mspId), 'custody:ListTasks', request);
  return tasks.find(({ audienceId }) => audienceId === scope.audienceId)?.step;
}

/** The organization goes over to its next key, with all that counts, and destroys the old one. */
async function rotate(mspId: Organization): Promise<void> {
  const { channel } = story;
  const generation = channel.custodians[mspId].generations.at(-1)! + 1;
  channel.custodians[mspId].add(generation);
  const publicKey = channel.custodians[mspId].secret(generation).publicKey();
  const admin = adminOf(mspId);
  const key = hexOf(publicKey.toCompressedBytes());
  await channel.submit(admin, 'registry:PublishCustodian', { mspId, publicKey: key, generation });
  const at = { organizations: [mspId] };
  const asked = { mspId, generation };
  const { shares } = await channel.evaluate(admin, 'audience:ListOutdatedShares', asked, at);
  if (shares.length > 0) {
    const request = { ...asked, shares };
    const { unreadable } = await channel.submit(admin, 'audience:ResealShares', request, at);
    expect(unreadable).toEqual([]);
  }
  await channel.submit(admin, 'registry:RetireCustodian', { mspId, acceptedFrom: generation });
  channel.custodians[mspId].destroy(generation - 1);
}

/** What erika opens with the answers of these organizations, checked by the sharing in force. */
async function openWith(mspIds: readonly Organization[]): Promise<Uint8Array> {
  const { erika } = story.people;
  const { ticketId } = ticket;
  const { recordId, metadata } = record;
  const request = { audienceId: scope.audienceId };
  const now = await story.channel.evaluate(erika, 'audience:GetAudience', request);
  const [sharing] = now.sharings ?? [];
  const roster = sharing?.links.at(-1)?.roster;
  const commitments = ShareCommitments.fromBytes(
    bytesOf((sharing ?? now.scopes[0]!.body).commitments),
  );
  const capsule = Capsule.fromBytesSimple(bytesOf(metadata.keyWrap.capsule));
  const partials = [];
  for (const mspId of mspIds) {
    const answer = await story.channel.evaluate(
      erika,
      'audience:OpenRecords',
      { ticketId, recordIds: [recordId], ...(roster === undefined ? {} : { roster }) },
      { organizations: [mspId] },
    );
    const context = canonicalBytes({ mspId, recordId, ticketId });
    const bytes = openBox(erika.reader, bytesOf(answer.partials[0]!.sealed), { context });
    const partial = Partial.fromBytes(bytes);
    partials.push(partial.verify(capsule, commitments, canonicalBytes({ ticketId, recordId })));
  }
  const encrypted = bytesOf(metadata.keyWrap.encryptedDek);
  return decryptWithCustodians(commitments, capsule, partials, encrypted);
}

describe('handing shares on', () => {
  it('tells each organization its step, and is done when nothing is left', async () => {
    await decide(1, [B, C], 2);
    expect([await stepOf(A, 1), await stepOf(B, 1)]).toEqual(['deal', 'deal']);
    expect(await deal(A, 1)).toBe(false);
    expect([await stepOf(A, 1), await stepOf(B, 1)]).toEqual(['wait', 'deal']);
    expect(await deal(C, 1)).toBe(true);
    expect([await stepOf(A, 1), await stepOf(B, 1)]).toEqual(['wait', 'combine']);
    await atOwn('custody:CombineShares', B, 1);
    expect(await refusal(activate(1))).toBe('SHARE_MISSING');
    expect([await stepOf(B, 1), await stepOf(C, 1)]).toEqual(['wait', 'combine']);
    await atOwn('custody:CombineShares', C, 1);
    expect(await stepOf(A, 1)).toBe('activate');
    await activate(1);
    for (const mspId of ORGANIZATIONS) {
      expect(await stepOf(mspId, 1)).toBe('purge');
      await atOwn('custody:PurgeFormerShares', mspId, 1);
      expect(await stepOf(mspId, 1)).toBeUndefined();
    }
    expect(await openWith([B, C])).toHaveLength(32);
    const left = story.channel.world.privateAddresses().filter((one) => one.includes(SCOPE));
    expect(left).toHaveLength(2);
  });

  it('puts no part of a share on the ledger, sealed or not', async () => {
    await decide(1, [B, C], 2);
    const { sealed } = await prepare(A, 1);
    await deal(A, 1);
    const written = [...story.channel.last.writes.values()].map((value) => hexOf(value!));
    expect(written.length).toBeGreaterThan(0);
    for (const part of sealed) {
      expect(written.some((one) => one.includes(Buffer.from(part.sealed).toString('hex')))).toBe(
        false,
      );
    }
  });

  it('deals the same each time it is asked', async () => {
    await decide(1, [A, B, C], 2);
    expect(await prepare(A, 1)).toEqual(await prepare(A, 1));
    expect((await prepare(A, 1)).dealing.commitments).not.toBe(
      (await prepare(B, 1)).dealing.commitments,
    );
  });

  it('goes through a change of custodian keys at every step', async () => {
    await decide(1, [A, B, C], 3);
    await deal(A, 1);
    await rotate(B);
    await deal(C, 1);
    await rotate(A);
    await atOwn('custody:CombineShares', A, 1);
    await rotate(A);
    await atOwn('custody:CombineShares', B, 1);
    await atOwn('custody:CombineShares', C, 1);
    await activate(1);
    await rotate(C);
    expect(await openWith([A, B, C])).toHaveLength(32);
    await expect(openWith([A, B])).rejects.toMatchObject({ code: 'SHARES_INSUFFICIENT' });
  });

  it('is got over by another roster where one of the first one is gone', async () => {
    await decide(1, [A, B, C], 2);
    await deal(A, 1);
    await deal(B, 1);
    await atOwn('custody:CombineShares', A, 1);
    await decide(2, [A, B], 2);
    expect(await refusal(activate(1))).toBe('ROSTER_STALE');
    await deal(A, 2);
    await deal(B, 2);
    for (const mspId of [A, B]) await atOwn('custody:CombineShares', mspId, 2);
    await activate(2);
    for (const mspId of [A, B, C]) await atOwn('custody:PurgeFormerShares', mspId, 2);
    expect(await openWith([A, B])).toHaveLength(32);
    const left = story.channel.world.privateAddresses().filter((one) => one.includes(SCOPE));
    expect(left).toHaveLength(2);
  });

  it('leaves a grant as it is that asks for more custodians than the roster has', async () => {
    const strict = await story.audience(undefined, { threshold: 3 });
    await decide(1, [A, B], 2);
    const request = { mspId: A, roster: 1 };
    const { tasks } = await story.channel.evaluate(adminOf(A), 'custody:ListTasks', request);
    const steps = new Map(tasks.map(({ audienceId, step }) => [audienceId, step]));
    expect(steps.get(strict.body.audienceId)).toBe('renew');
    expect(steps.get(audience.body.audienceId)).toBe('deal');
  });

  it('opens with any threshold of whatever roster came last', async () => {
    const roster = fc
      .shuffledSubarray([...ORGANIZATIONS], { minLength: 1 })
      .chain((custodians) =>
        fc.record({
          custodians: fc.constant(custodians),
          threshold: fc.integer({
            min: Math.floor(custodians.length / 2) + 1,
            max: custodians.length,
          }),
        }),
      )
      .filter(({ custodians }) => custodians.length >= 2);
    const rosters = fc.array(roster, { minLength: 1, maxLength: 3 });
    const seed = fc.nat();
    await fc.assert(
      fc.asyncProperty(rosters, seed, async (sequence, random) => {
        await begin();
        let former: { custodians: readonly Organization[]; threshold: number } = {
          custodians: ORGANIZATIONS,
          threshold: 2,
        };
        for (const [i, next] of sequence.entries()) {
          const number = i + 1;
          const threshold = Math.max(next.threshold, audience.body.threshold);
          await decide(number, next.custodians, next.threshold);
          const dealers = turned(former.custodians, random + i).slice(0, former.threshold);
          for (const mspId of dealers) await deal(mspId, number);
          for (const mspId of next.custodians) await atOwn('custody:CombineShares', mspId, number);
          await activate(number);
          former = { custodians: next.custodians, threshold };
          const readers = turned(next.custodians, random).slice(0, threshold);
          expect(await openWith(readers)).toHaveLength(32);
        }
      }),
      { numRuns: 6 },
    );
  });
});

/** The same, from another one on. */
function turned<T>(items: readonly T[], by: number): readonly T[] {
  const from = by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}
