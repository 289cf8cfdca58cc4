import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EmrError } from '@emr-share/model';
import type { Envelope } from '../../src/ledger/block.js';
import { newTransientData } from '../../src/endorsement/transient-data.js';
import { signProposal, transactionIdOf } from '../../src/endorsement/proposal.js';
import { Sequencer } from '../../src/ledger/sequencer.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';
import { ToyLedger } from '../support/toy-ledger.js';

/** Endorses by all, without ordering: to order several that were simulated on the same state. */
async function endorsed(ledger: ToyLedger, transaction: string, args: string[]): Promise<Envelope> {
  const signed = await signProposal(
    { channel: 'emr', transaction, args, timestamp: Date.now() },
    ledger.identity,
  );
  const answers = await Promise.all(
    ledger.peers.map((peer) => peer.endorse(signed, newTransientData(undefined), peer.openView())),
  );
  const result = answers[0]!.result;
  return { ...signed, result, endorsements: answers.map(({ endorsement }) => endorsement) };
}

describe('concurrent transactions', () => {
  let directory: TemporaryDirectory;
  let ledger: ToyLedger;
  let sequencer: Sequencer;

  beforeEach(async () => {
    directory = await TemporaryDirectory.create();
    ledger = await ToyLedger.open(directory.path);
    sequencer = new Sequencer(ledger.peers, directory.path, () => undefined);
  });
  afterEach(async () => {
    await ledger.close();
    await directory.remove();
  });

  const order = async (...envelopes: Envelope[]) =>
    (await Promise.all(envelopes.map((one) => sequencer.order(one)))).map(({ code }) => code);

  it('commit the first of two that change what both read, in one block', async () => {
    const first = await endorsed(ledger, 'append', ['log', 'a']);
    const second = await endorsed(ledger, 'append', ['log', 'b']);
    expect(await order(first, second)).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
    expect(await ledger.evaluate('get', ['log'])).toBe('a');
  });

  it('commit the first of two that change what both read, in two blocks', async () => {
    const first = await endorsed(ledger, 'append', ['log', 'a']);
    const second = await endorsed(ledger, 'append', ['log', 'b']);
    expect(await order(first)).toEqual(['VALID']);
    expect(await order(second)).toEqual(['MVCC_READ_CONFLICT']);
    await ledger.verify();
  });

  it('commit both when they write without reading; the later one counts', async () => {
    const first = await endorsed(ledger, 'put', ['key', 'a']);
    const second = await endorsed(ledger, 'put', ['key', 'b']);
    expect(await order(first, second)).toEqual(['VALID', 'VALID']);
    expect(await ledger.evaluate('get', ['key'])).toBe('b');
  });

  it('see a key that appeared in a range that was read, in the same block and later', async () => {
    const counts = await Promise.all(
      ['n1', 'n2'].map((key) => endorsed(ledger, 'count', ['a', 'c', key])),
    );
    const addition = await endorsed(ledger, 'put', ['b', '1']);
    expect(await order(addition, counts[0]!)).toEqual(['VALID', 'PHANTOM_READ_CONFLICT']);
    expect(await order(counts[1]!)).toEqual(['PHANTOM_READ_CONFLICT']);
  });

  it('see a key that vanished from a range that was read', async () => {
    await ledger.submit('put', ['b', '1']);
    const count = await endorsed(ledger, 'count', ['a', 'c', 'n']);
    await ledger.submit('delete', ['b']);
    expect(await order(count)).toEqual(['PHANTOM_READ_CONFLICT']);
  });

  it('do not conflict over a part of a range that nobody read', async () => {
    await ledger.submit('put', ['b1', '1']);
    const first = await endorsed(ledger, 'first', ['b', 'c', 'n1']);
    const again = await endorsed(ledger, 'first', ['b', 'c', 'n2']);
    await ledger.submit('put', ['b2', '1']);
    expect(await order(first)).toEqual(['VALID']);
    await ledger.submit('put', ['b0', '1']);
    expect(await order(again)).toEqual(['PHANTOM_READ_CONFLICT']);
  });

  it('use a transaction ID once', async () => {
    const envelope = await endorsed(ledger, 'put', ['key', 'a']);
    expect(await order(envelope, envelope)).toEqual(['VALID', 'DUPLICATE_TXID']);
    expect(await order(envelope)).toEqual(['DUPLICATE_TXID']);
    const place = ledger.peers[0]!.copy.transactionPlace(transactionIdOf(envelope.proposal));
    expect(place?.position).toBe(0);
    await ledger.verify();
  });

  it('are tried again until all of a crowd on one key are through', async () => {
    const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    await Promise.all(letters.map((letter) => ledger.submit('append', ['log', letter])));
    expect(Array.from(await ledger.evaluate('get', ['log'])).sort()).toEqual(letters);
  });

  it('all commit when 200 come at once, and share blocks', async () => {
    const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
    const committed = await Promise.all(keys.map((key) => ledger.submit('put', [key, key])));
    expect(new Set(committed.map(({ transactionId }) => transactionId)).size).toBe(200);
    const blocks = new Set(committed.map(({ blockNumber }) => blockNumber));
    expect(blocks.size).toBeLessThan(100);
    const values = await Promise.all(keys.map((key) => ledger.evaluate('get', [key])));
    expect(values).toEqual(keys);
    const report = await ledger.verify();
    expect(report.organizations.map(({ valid }) => valid)).toEqual([200, 200, 200]);
  });

  it('give up when they conflict for ever, and say so', async () => {
    const enough = new AbortController();
    const disturbing = (async () => {
      for (let i = 0; !enough.signal.aborted; i++) await ledger.submit('put', ['log', String(i)]);
    })();
    const error = await ledger
      .submit('slowAppend', ['log', 'x'])
      .catch((reason: unknown) => reason as EmrError);
    enough.abort();
    await disturbing;
    expect(error).toMatchObject({ code: 'LEDGER_CONFLICT' });
  });
});
