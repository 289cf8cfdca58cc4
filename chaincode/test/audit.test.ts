import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEntry } from '@emr-share/model';
import { HospitalStory, refusal } from './support/hospital-story.js';
import type { Person } from './support/person.js';

let story: HospitalStory;

beforeEach(async () => {
  story = await HospitalStory.begin();
});

interface Query {
  readonly since?: number;
  readonly until?: number;
  readonly pageSize?: number;
}

/** The whole log, page by page. */
async function read(query: Query = {}, by: Person = story.people.alice): Promise<AuditEntry[]> {
  const log: AuditEntry[] = [];
  let bookmark: string | undefined;
  do {
    const request = { patient: 'alice', ...query, ...(bookmark && { bookmark }) };
    const page = await story.channel.evaluate(by, 'audit:ListEntries', request);
    log.push(...page.entries);
    bookmark = page.bookmark;
  } while (bookmark !== undefined);
  return log;
}

async function liveSomeDays(): Promise<number[]> {
  const days: number[] = [];
  for (let day = 0; day < 5; day++) {
    story.channel.now += 86_400_000;
    days.push(story.now);
    await story.file();
  }
  return days;
}

describe('audit:ListEntries', () => {
  it('tells the story of the patient in order', async () => {
    const { alice } = story.people;
    story.channel.now += 1000;
    const record = await story.file();
    story.channel.now += 1000;
    const grant = await story.grant();
    story.channel.now += 1000;
    await story.ticket(grant, record);
    story.channel.now += 1000;
    const { grantId } = grant.body;
    await story.channel.submit(alice, 'grants:RevokeGrant', { grantId });
    const types = (await read()).map(({ type }) => type);
    expect(types.slice(-4)).toEqual([
      'record.filed',
      'grant.created',
      'access.granted',
      'grant.revoked',
    ]);
    expect(types.slice(0, -4).sort()).toEqual([
      'policy.published',
      'scope.published',
      'user.registered',
    ]);
  });

  it('holds exactly what the events said of the patient', async () => {
    await liveSomeDays();
    const log = await read({ since: story.now });
    expect(log).toEqual(story.channel.events.filter(({ at }) => at === story.now));
  });

  it.each([1, 2, 3, 100])('gives each entry once with pages of %d', async (pageSize) => {
    await liveSomeDays();
    const log = await read({ pageSize });
    expect(new Set(log.map(({ transactionId }) => transactionId)).size).toBe(log.length);
    expect(log).toEqual(await read());
    expect(log).toHaveLength(8);
  });

  it.each([1, 100])('keeps to a span of time with pages of %d', async (pageSize) => {
    const days = await liveSomeDays();
    const [, second, , fourth] = days as [number, number, number, number];
    const log = await read({ since: second, until: fourth, pageSize });
    expect(log.map(({ at }) => at)).toEqual(days.slice(1, 4));
  });

  it('begins at the span, whatever lies before it', async () => {
    const days = await liveSomeDays();
    const request = { patient: 'alice', since: days[4]!, pageSize: 1 };
    const page = await story.channel.evaluate(story.people.alice, 'audit:ListEntries', request);
    expect(page.entries.map(({ at }) => at)).toEqual([days[4]]);
  });

  it('is for the patient and auditors', async () => {
    const { adminA, auditor, bob, carol } = story.people;
    expect(await read({}, auditor)).toEqual(await read());
    for (const person of [adminA, bob, carol]) {
      expect(await refusal(read({}, person))).toBe('ROLE_DENIED');
    }
  });

  it('refuses a bookmark that leads into the log of another patient', async () => {
    const request = { patient: 'bob', bookmark: '\0log\0alice\0' };
    const call = story.channel.evaluate(story.people.bob, 'audit:ListEntries', request);
    expect(await refusal(call)).toBe('INPUT_INVALID');
  });
});
