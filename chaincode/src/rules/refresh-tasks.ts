/**
 * What an organization has to do so that the custodians of the roster in force get their shares. It all
 * follows from what is public, the hashes of private data among it.
 *
 * @module
 */
import type { MspId, RefreshTask, Roster, SharedScopeRef } from '@emr-share/model';
import { everyCustodian, liveSharing, placesOf } from '../due-refresh.js';
import { assertAdminOf } from '../facts.js';
import type { Invocation, Rule } from '../invocation.js';
import { audienceScopes, dealings, resharingKey } from '../ledger-keys.js';
import { assertInForce, canKeep } from '../rosters.js';
import type { ScopeSharing } from '../sharings.js';

type Step = Pick<RefreshTask, 'step' | 'waitsFor'>;

/** Whose step, for which roster. */
interface Question {
  readonly mspId: MspId;
  readonly roster: Roster;
  readonly ref: SharedScopeRef;
  readonly sharing: ScopeSharing;
}

export const listTasks: Rule<'custody:ListTasks'> = async (invocation, request) => {
  const { caller, state } = invocation;
  const { mspId, roster: number } = request;
  assertAdminOf(caller, mspId, 'see what is to be done');
  const roster = await assertInForce(state, number);
  const { entries, bookmark } = await state.page(audienceScopes(), request);
  const tasks: RefreshTask[] = [];
  for (const { value } of entries) {
    const { audienceId, scopeId } = value.body;
    const ref = { audienceId, scopeId };
    const sharing = await liveSharing(invocation, ref);
    const step = sharing && (await stepOf(invocation, { mspId, roster, ref, sharing }));
    if (step !== null) tasks.push({ ...ref, ...step });
  }
  return { tasks, ...(bookmark === undefined ? {} : { bookmark }) };
};

async function stepOf(invocation: Invocation, question: Question): Promise<Step | null> {
  const { roster, sharing } = question;
  if (sharing.roster >= roster.number) return purging(invocation, question);
  if (!canKeep(roster, sharing.audience)) return { step: 'renew', waitsFor: [] };
  const { audienceId, scopeId } = question.ref;
  const fixed = await invocation.state.get(resharingKey(audienceId, scopeId, roster.number));
  return fixed === null ? dealing(invocation, question) : combining(invocation, question);
}

async function dealing(
  { state, sealed }: Invocation,
  { mspId, roster, ref, sharing }: Question,
): Promise<Step> {
  const { audienceId, scopeId } = ref;
  const known = await state.list(dealings(audienceId, scopeId, roster.number));
  const dealers = known.map(({ value }) => value.dealer);
  const waitsFor = sharing.custodians.filter((one) => !dealers.includes(one));
  const place = { mspId, ...ref };
  const own = sharing.links.length === 0 ? place : { ...place, roster: sharing.roster };
  const isOwn = waitsFor.includes(mspId) && (await sealed.sha256Of(own)) !== null;
  return { step: isOwn ? 'deal' : 'wait', waitsFor };
}

async function combining({ sealed }: Invocation, { mspId, roster, ref }: Question): Promise<Step> {
  const waitsFor: MspId[] = [];
  for (const one of roster.custodians) {
    const hash = await sealed.sha256Of({ mspId: one, ...ref, roster: roster.number });
    if (hash === null) waitsFor.push(one);
  }
  if (waitsFor.length === 0) return { step: 'activate', waitsFor };
  return { step: waitsFor.includes(mspId) ? 'combine' : 'wait', waitsFor };
}

/** `null` where nothing is left of former sharings, or the patient's own is the one in force. */
async function purging(
  { state, sealed }: Invocation,
  { mspId, ref, sharing }: Question,
): Promise<Step | null> {
  const { roster: reached, links, audience } = sharing;
  if (links.length === 0) return null;
  const dealers = await everyCustodian(state, audience.custodians, reached);
  for (const place of placesOf(mspId, ref, { dealers, reached })) {
    const isInForce = 'roster' in place && place.roster === reached && !('dealer' in place);
    if (!isInForce && (await sealed.sha256Of(place)) !== null) {
      return { step: 'purge', waitsFor: [mspId] };
    }
  }
  return null;
}
