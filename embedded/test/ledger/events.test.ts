import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Checkpoint, LedgerEvent } from '@emr-share/gateway-client';
import { eventsAfter } from '../../src/ledger/event-stream.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { ToyLedger } from '../support/toy-ledger.js';

describe('events', () => {
  let directory: TemporaryDirectory;
  let ledger: ToyLedger;
  let ending: AbortController;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
    ledger = await ToyLedger.open(directory.path);
    ending = new AbortController();
  });
  afterEach(async () => {
    ending.abort();
    await ledger.close();
    await directory.remove();
  });

  const stream = (after: Checkpoint) =>
    eventsAfter(ledger.peers[0]!, after, ledger.deployment.channel.heights, ending.signal);

  async function take(events: AsyncIterable<LedgerEvent>, count: number): Promise<LedgerEvent[]> {
    const taken: LedgerEvent[] = [];
    if (count === 0) return taken;
    for await (const event of events) {
      taken.push(event);
      if (taken.length === count) break;
    }
    return taken;
  }

  const actors = (events: readonly LedgerEvent[]) => events.map(({ entry }) => entry.actor);

  it('come in the order of the chain, each once, and then as blocks are added', async () => {
    await ledger.submit('event', ['first']);
    await ledger.submit('put', ['no', 'event']);
    await ledger.submit('event', ['second']);
    const reading = take(stream({ blockNumber: 0 }), 4);
    await ledger.submit('event', ['third']);
    await ledger.submit('event', ['fourth']);
    expect(actors(await reading)).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('go on after any checkpoint, also in the middle of a block', async () => {
    const names = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5', 'a-6'];
    await Promise.all(names.map((name) => ledger.submit('event', [name])));
    const all = await take(stream({ blockNumber: 0 }), names.length);
    expect([...actors(all)].sort()).toEqual(names);
    expect(new Set(all.map(({ blockNumber }) => blockNumber)).size).toBeLessThan(names.length);
    for (const [i, { checkpoint }] of all.entries()) {
      const rest = await take(stream(checkpoint), names.length - i - 1);
      expect(rest).toEqual(all.slice(i + 1));
    }
  });

  it('are those of valid transactions only', async () => {
    await Promise.allSettled([
      ledger.submit('event', ['only'], { organizations: ['HospAMSP'] }),
      ledger.submit('event', ['valid']),
    ]);
    expect(actors(await take(stream({ blockNumber: 0 }), 1))).toEqual(['valid']);
  });

  it('end when the signal aborts, while they wait and while they are read', async () => {
    const waiting = take(stream({ blockNumber: 0 }), 1);
    ending.abort();
    expect(await waiting).toEqual([]);
  });

  it('are read no faster than they are taken', async () => {
    for (let i = 0; i < 3; i++) await ledger.submit('event', [`actor-${i}`]);
    const { copy } = ledger.peers[0]!;
    const blocks: number[] = [];
    const read = copy.block.bind(copy);
    copy.block = (number) => {
      blocks.push(number);
      return read(number);
    };
    const events = stream({ blockNumber: 1 });
    await events.next();
    expect(blocks).toEqual([1]);
    await events.next();
    expect(blocks).toEqual([1, 2]);
  });

  it('refuse a checkpoint of another chain', async () => {
    await ledger.submit('event', ['first']);
    await expect(
      take(stream({ blockNumber: 1, transactionId: 'ab'.repeat(32) }), 1),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
