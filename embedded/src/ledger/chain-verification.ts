/**
 * Full verification of the copies: every block re-hashed, every signature checked, every transaction
 * judged again, and the state that comes of it compared with the one on disk.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, implicitCollection, type EmrError, type MspId } from '@emr-share/model';
import { sha256Hex } from '../hash.js';
import type { ChannelConfig } from '../msp/channel-config.js';
import type { Peer } from '../peer.js';
import { BlockJudge } from './block-judgement.js';
import { chainProblem, NO_BLOCK, transactionsOf, type StoredBlock } from './block.js';
import { readBlock } from './catch-up.js';
import { LedgerCopy, type OpenView } from './ledger-copy.js';
import type { StateView } from './state-view.js';
import { isDatabaseError, privateKey, type TableName } from './tables.js';
import { decodeVersioned } from './versioned.js';

/** What was found in one organization's copy. */
export interface CopyReport {
  readonly mspId: MspId;
  /** Number of blocks, block 0 included. */
  readonly height: number;
  readonly headSha256: string;
  readonly transactions: number;
  /** Those that were judged valid. */
  readonly valid: number;
  /** Entries of the public state. */
  readonly stateEntries: number;
  /** Private values that the organization holds. */
  readonly privateEntries: number;
}

/** What verification found. There is no report of a damaged ledger, but an error. */
export interface VerificationReport {
  readonly channel: string;
  readonly height: number;
  readonly headSha256: string;
  readonly organizations: readonly CopyReport[];
}

/**
 * Verifies every organization's copy against the channel's configuration. Nothing is changed; the
 * state is replayed in a temporary folder.
 *
 * @throws EmrError `LEDGER_CORRUPT` with the organization and the first bad block. For a state that
 * differs: the block that wrote, or should have written, the entry.
 */
export async function verifyCopies(
  peers: readonly Peer[],
  config: ChannelConfig,
  signal?: AbortSignal,
): Promise<VerificationReport> {
  const views = peers.map((peer) => ({ peer, view: peer.openView() }));
  try {
    const organizations: CopyReport[] = [];
    for (const { peer, view } of views) {
      organizations.push(await readable(peer, () => verifyCopy(peer, view, config, signal)));
    }
    const [first] = organizations;
    const { height, headSha256 } = first ?? NO_BLOCK;
    const apart = views.find(({ view }) => view.head.headSha256 !== headSha256);
    if (apart !== undefined) {
      throw apart.peer.corrupt(
        apart.view.head.height - 1,
        'it is another block than the others have',
      );
    }
    return { channel: config.channel, height, headSha256, organizations };
  } finally {
    for (const { view } of views) view.release();
  }
}

/** Damage that LevelDB itself reports, in the terms of the ledger. */
async function readable<T>(peer: Peer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDatabaseError(error) ? peer.unreadable(error) : error;
  }
}

async function verifyCopy(
  peer: Peer,
  { view, head }: OpenView,
  config: ChannelConfig,
  signal: AbortSignal | undefined,
): Promise<CopyReport> {
  const folder = await mkdtemp(join(tmpdir(), 'emr-verify-'));
  const replayed = await LedgerCopy.open(folder);
  try {
    const judge = new BlockJudge(replayed, peer.membership, config.channel);
    const counts = { transactions: 0, valid: 0 };
    for (let number = 0; number < head.height; number++) {
      signal?.throwIfAborted();
      const block = readBlock(peer, number);
      await replay(peer, block, replayed, judge, config);
      counts.transactions += transactionsOf(block).length;
      counts.valid += block.codes.filter((code) => code === 'VALID').length;
    }
    if (replayed.head.headSha256 !== head.headSha256) {
      throw peer.corrupt(head.height - 1, 'it is not the head');
    }
    for (const table of ['transactions', 'hashes', 'state'] as const) {
      await compare(peer, table, view, replayed.latest);
    }
    const stateEntries = await count(view, 'state');
    const privateEntries = await verifyPrivate(peer, view);
    return { mspId: peer.mspId, ...head, ...counts, stateEntries, privateEntries };
  } finally {
    await replayed.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function replay(
  peer: Peer,
  { codes, ...block }: StoredBlock,
  replayed: LedgerCopy,
  judge: BlockJudge,
  config: ChannelConfig,
): Promise<void> {
  const { number } = block.header;
  const problem = chainProblem(block, replayed.head, peer.membership.peerKeys);
  if (problem !== null) throw peer.corrupt(number, problem);
  const isConfig = block.data.kind === 'config';
  if (isConfig !== (number === 0)) throw peer.corrupt(number, 'its kind is wrong for its number');
  if (block.data.kind === 'config' && canonicalJson(block.data.config) !== canonicalJson(config)) {
    throw peer.corrupt(number, 'it holds another configuration than consortium.json');
  }
  const judgement = await judge.judge(block);
  if (judgement.codes.join() !== codes.join()) {
    throw peer.corrupt(number, 'its transactions are judged wrongly');
  }
  await replayed.commit({ ...block, codes }, judgement.updates, { durable: false });
}

/** Walks two tables side by side. */
async function compare(
  peer: Peer,
  table: TableName,
  actual: StateView,
  expected: StateView,
): Promise<void> {
  const theirs = expected.entries(table)[Symbol.asyncIterator]();
  try {
    for await (const [key, value] of actual.entries(table)) {
      const next = await theirs.next();
      const isSame =
        next.done !== true && next.value[0] === key && Buffer.compare(next.value[1], value) === 0;
      if (isSame) continue;
      throw differs(peer, table, next.done === true ? value : next.value[1]);
    }
    const missing = await theirs.next();
    if (missing.done !== true) throw differs(peer, table, missing.value[1]);
  } finally {
    await theirs.return?.();
  }
}

function differs(peer: Peer, table: TableName, value: Uint8Array): EmrError {
  const blockNumber =
    table === 'transactions'
      ? peer.copy.publishedHead.height - 1
      : decodeVersioned(value).version[0];
  return peer.corrupt(blockNumber, `table ${table} does not hold what the blocks say`);
}

/** Every private value matches its hash, and every hash of this organization has its value. */
async function verifyPrivate(peer: Peer, view: StateView): Promise<number> {
  const collection = implicitCollection(peer.mspId);
  const values = new Map<string, string>();
  for await (const [name, value] of view.entries('private')) {
    const key = name.slice(name.indexOf('\0') + 1);
    values.set(privateKey(collection, sha256Hex(key)), sha256Hex(value));
  }
  let held = 0;
  for await (const [name, bytes] of view.entries('hashes')) {
    if (!name.startsWith(`${collection}\0`)) continue;
    const { version, value } = decodeVersioned(bytes);
    if (values.get(name) !== Buffer.from(value).toString('hex')) {
      throw peer.corrupt(version[0], 'a private value does not match its hash');
    }
    held += 1;
  }
  if (held === values.size) return held;
  throw peer.corrupt(peer.copy.publishedHead.height - 1, 'a private value has no hash');
}

async function count(view: StateView, table: TableName): Promise<number> {
  let entries = 0;
  for await (const _entry of view.entries(table)) entries += 1;
  return entries;
}
