/**
 * Chapter 6: the patient cannot be asked; a stranger opens what she decided beforehand, with another
 * hospital's approval, in front of everyone's eyes.
 *
 * @module
 */
import {
  mergeSummaries,
  summaryText,
  type OpenedRecord,
  type PatientSummary,
} from '@emr-share/gateway-client';
import { demand, firstOf } from '../demand.js';
import type { Chapter, Story } from '../story.js';

const REASON = { code: 'unconscious', text: 'brought in by ambulance, cannot be asked' } as const;
const SHOWN_LINES = 7;
const EMPTY_SUMMARY = 'she has no record from which a summary could be made';

async function summaryOf(opened: AsyncIterable<OpenedRecord>): Promise<PatientSummary | null> {
  const contents: unknown[] = [];
  for await (const one of opened) {
    contents.push(JSON.parse(new TextDecoder().decode(await one.bytes())));
  }
  return contents.length === 0 ? null : mergeSummaries(contents);
}

/** The beginning of the page, as the physician sees it. */
function firstLines(summary: PatientSummary): string {
  return summaryText(summary).split('\n').slice(0, SHOWN_LINES).join('\n');
}

async function openSummary(story: Story, ticketId: string): Promise<void> {
  const { cast, narrator, steps, signal } = story;
  const { rescuer } = cast;
  const summary = await steps.ok('opens her emergency summary', rescuer.name, async () => {
    const category = 'emergency-summary';
    const value = await summaryOf(rescuer.client.tickets.open(ticketId, { category, signal }));
    const size = value === null ? EMPTY_SUMMARY : `${String(value.bytes.length)} bytes`;
    return {
      value,
      proof: `Any two of the three hospitals had to answer, each with its share of her key, which was never put together: ${size}.`,
    };
  });
  if (summary !== null) narrator.aside(firstLines(summary));
}

export const emergencyChapter: Chapter = async (story) => {
  const { cast, filed, steps, signal } = story;
  const { patient, rescuer, colleague, officer } = cast;
  const others = [rescuer, colleague, officer];
  await steps.ok('register', others.map(({ name }) => name).join(', '), async () => {
    const role = 'emergency-physician';
    for (const { client } of [rescuer, colleague]) await client.identity.register({ role, signal });
    await officer.client.identity.register({ role: 'privacy-officer', signal });
    return { value: undefined, proof: 'None of them has a grant of hers, or needs one now.' };
  });
  const { ticketId } = await steps.ok('declares an emergency', rescuer.name, async () => {
    const value = await rescuer.client.emergency.declare({
      patient: patient.userId,
      reason: REASON,
      signal,
    });
    return {
      value,
      proof: `Reason: ${REASON.code}. Her devices and all privacy officers have it at once. Her rule asks for ${String(value.approvalsNeeded)} approval of another hospital.`,
    };
  });
  const early = {
    name: 'wants to read before anybody has approved',
    actor: rescuer.name,
    code: 'APPROVALS_MISSING',
    proof: 'Every hospital looks for the approvals before it answers with its share.',
  } as const;
  await steps.denied(early, () => summaryOf(rescuer.client.tickets.open(ticketId, { signal })));
  await steps.ok('approves it', colleague.name, async () => {
    const { expiresAt } = await colleague.client.emergency.approve(ticketId, { signal });
    const hours = Math.round((expiresAt - Date.now()) / 3_600_000);
    return {
      value: undefined,
      proof: `From now on the ticket is open, for ${String(hours)} hours, to ${rescuer.name} alone.`,
    };
  });
  await openSummary(story, ticketId);
  const { record, file } = firstOf(
    filed.filter(({ record: { info } }) => info.category !== 'prescription'),
    'record outside the rule',
  );
  await steps.denied(
    {
      name: `wants ${file.name} as well, which her rule leaves out`,
      actor: rescuer.name,
      code: 'AUDIENCE_SCOPE_MISSING',
      proof: 'Of that key no hospital holds a share: there is nothing to answer with.',
    },
    () => rescuer.client.tickets.fetch(ticketId, record.recordId, { signal }),
  );
  await steps.ok('ends the ticket: she is awake', patient.name, async () => {
    await patient.client.emergency.end(ticketId, { signal });
    const words = await patient.client.emergency.readReason(ticketId, { signal });
    demand(words === REASON.text, 'the patient read another reason than was given');
    return { value: undefined, proof: `She reads why: "${words}". The chain has the code only.` };
  });
  await steps.denied(
    {
      name: 'wants to read on',
      actor: rescuer.name,
      code: 'TICKET_ENDED',
      proof: 'A ticket that has ended opens nothing, at no hospital.',
    },
    () => summaryOf(rescuer.client.tickets.open(ticketId, { signal })),
  );
  await steps.ok('clears the emergency', officer.name, async () => {
    await officer.client.emergency.review(ticketId, 'cleared', { signal });
    return {
      value: undefined,
      proof:
        'Until an officer of another hospital has looked, a physician can break no more glass.',
    };
  });
};
