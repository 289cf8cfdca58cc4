import { beforeEach, describe, expect, it } from '@jest/globals';
import { ORGANIZATIONS } from './support/channel.js';
import { EmergencyStory } from './support/emergency-story.js';

let story: EmergencyStory;

beforeEach(async () => {
  story = await EmergencyStory.begin();
});

describe('an emergency', () => {
  it('opens the record to its physician, with any two custodians', async () => {
    const audience = await story.audience();
    const record = await story.hospital.file();
    const ticket = await story.opened(audience);
    const { recordId } = record;
    const [a, b, c] = await Promise.all(
      ORGANIZATIONS.map((mspId) => story.partial(ticket.ticketId, recordId, mspId)),
    );
    for (const answers of [
      { HospAMSP: a!, HospBMSP: b! },
      { HospCMSP: c!, HospAMSP: a! },
      { HospBMSP: b!, HospCMSP: c! },
    ]) {
      expect(story.open(audience, ticket, record, answers)).toHaveLength(32);
    }
  });
});
