/**
 * Chapter 7: the patient's own hospital leaves the circle that keeps the shares, and comes back; she
 * has nothing to do, and an emergency opens all the while.
 *
 * @module
 */
import {
  approveRoster,
  proposeRoster,
  refreshShares,
  type Ledger,
  type OpenedRecord,
} from '@emr-share/gateway-client';
import type { MspId, RecordId, TicketId } from '@emr-share/model';
import { counted } from '../../output/counted.js';
import { hospitalName } from '../hospital-name.js';
import type { Chapter, Story } from '../story.js';

const namesOf = (mspIds: readonly MspId[]): string => mspIds.map(hospitalName).join(' and ');

/** Each hospital's admin, as the ledger knows them. */
type Admins = ReadonlyMap<MspId, Ledger>;

async function adminsOf({ backend }: Story): Promise<Admins> {
  const admins = new Map<MspId, Ledger>();
  for (const mspId of backend.organizations) admins.set(mspId, await backend.admin(mspId));
  return admins;
}

/** Two of the three hospitals decide who keeps shares from now on. */
async function decide(
  { backend, signal }: Story,
  admins: Admins,
  custodians: readonly MspId[],
): Promise<number> {
  const [, second, third] = backend.organizations;
  await proposeRoster(ledgerOf(admins, second), { custodians, signal });
  const { roster } = await approveRoster(ledgerOf(admins, third), second, { signal });
  return roster.number;
}

/** Each of them does its part, in turns, until nobody has anything left to do. */
async function handOn(story: Story, admins: Admins, taking: readonly MspId[]): Promise<number> {
  const { signal } = story;
  let handedOn = 0;
  for (;;) {
    let left = 0;
    for (const mspId of taking) {
      const { done } = await refreshShares({ ledger: ledgerOf(admins, mspId), signal });
      handedOn += done.activate;
      left += Object.values(done).reduce((sum, count) => sum + count, 0);
    }
    if (left === 0) return handedOn;
  }
}

function ledgerOf(admins: Admins, mspId: MspId): Ledger {
  const ledger = admins.get(mspId);
  if (ledger === undefined) throw new TypeError(`${mspId} has no admin in the story`);
  return ledger;
}

async function recordsOf(opened: AsyncIterable<OpenedRecord>): Promise<RecordId[]> {
  const records: RecordId[] = [];
  for await (const one of opened) {
    await one.bytes();
    records.push(one.record.recordId);
  }
  return records;
}

/** A second emergency, as the first one was. */
async function emergencyAgain(
  story: Story,
  custodians: readonly MspId[],
): Promise<{ readonly ticketId: TicketId; readonly records: readonly RecordId[] }> {
  const { cast, steps, signal } = story;
  const { patient, rescuer, colleague } = cast;
  return steps.ok('declares an emergency, has it approved, and reads', rescuer.name, async () => {
    const reason = { code: 'unconscious' } as const;
    const asked = { patient: patient.userId, reason, signal };
    const { ticketId } = await rescuer.client.emergency.declare(asked);
    await colleague.client.emergency.approve(ticketId, { signal });
    const records = await recordsOf(rescuer.client.tickets.open(ticketId, { signal }));
    return {
      value: { ticketId, records },
      proof: `${counted(records.length, 'record', 'records')}, with the answers of ${namesOf(custodians)}: the two new shares open what the three old ones opened.`,
    };
  });
}

export const leavingChapter: Chapter = async (story) => {
  const { backend, cast, steps, signal } = story;
  const { rescuer, officer } = cast;
  const [leaving, ...staying] = backend.organizations;
  const admins = await adminsOf(story);
  const roster = await steps.ok(
    `decide that ${hospitalName(leaving)} keeps no shares any more`,
    `The admins of ${namesOf(staying)}`,
    async () => ({
      value: await decide(story, admins, staying),
      proof: 'Two of three hospitals are enough, and fewer are not; no patient is asked.',
    }),
  );
  await steps.ok('take its part over', `The admins of ${namesOf(staying)}`, async () => {
    const scopes = await handOn(story, admins, staying);
    return {
      value: undefined,
      proof: `For ${counted(scopes, 'scope', 'scopes')} each dealt its own share anew, sealed to the other. No key was put together, and ${hospitalName(leaving)} was not needed.`,
    };
  });
  const { ticketId, records } = await emergencyAgain(story, staying);
  if (records.length > 0) {
    const asked = { ticketId, recordIds: records.slice(0, 1), roster };
    const at = { organizations: [leaving], signal };
    await steps.denied(
      {
        name: `asks ${hospitalName(leaving)} as well`,
        actor: rescuer.name,
        code: 'SHARE_MISSING',
        proof: `Nobody dealt to ${hospitalName(leaving)}; the share that it had fits no other one any more.`,
      },
      () => rescuer.ledger.evaluate('audience:OpenRecords', asked, at),
    );
  }
  await steps.ok(`take ${hospitalName(leaving)} in again`, 'The admins of all three', async () => {
    await decide(story, admins, backend.organizations);
    const scopes = await handOn(story, admins, backend.organizations);
    return {
      value: undefined,
      proof: `${counted(scopes, 'scope', 'scopes')}, three new shares each: any two of them open what she allowed.`,
    };
  });
  await steps.ok('ends the second emergency, and clears it', officer.name, async () => {
    await officer.client.emergency.end(ticketId, { signal });
    await officer.client.emergency.review(ticketId, 'cleared', { signal });
    return { value: undefined, proof: 'An officer of another hospital than the reader’s may.' };
  });
};
