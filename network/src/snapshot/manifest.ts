/**
 * What a snapshot says of itself: its last entry, so that an archive which was cut off has none.
 *
 * @module
 */
import * as v from 'valibot';
import { NetworkError, problemOf } from '../errors.js';

/** Name of the manifest in the archive; everything else is below {@link CONTENT}. */
export const MANIFEST = 'emr-network-snapshot.json';
export const CONTENT = 'network/';

const Mode = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0o777));
const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Path = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

const FileEntry = v.strictObject({
  path: Path,
  bytes: Size,
  mode: Mode,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
/** A file, relative to the network's folder. */
export type FileEntry = v.InferOutput<typeof FileEntry>;

export const SnapshotManifest = v.strictObject({
  format: v.literal(1),
  network: v.string(),
  channel: v.string(),
  /** Whose part of a network on several hosts; `null`: all of it. */
  host: v.nullable(v.string()),
  /** ISO 8601. */
  takenAt: v.string(),
  /** Blocks in the ledger of each peer. */
  heights: v.record(v.string(), v.number()),
  directories: v.array(v.strictObject({ path: Path, mode: Mode })),
  files: v.array(FileEntry),
});
export type SnapshotManifest = v.InferOutput<typeof SnapshotManifest>;

/** @throws {@link NetworkError} SNAPSHOT_INVALID */
export function parseManifest(text: string): SnapshotManifest {
  try {
    return v.parse(SnapshotManifest, JSON.parse(text));
  } catch (error) {
    const problem = `its manifest cannot be read (${problemOf(error)})`;
    throw new NetworkError('SNAPSHOT_INVALID', { problem }, { cause: error });
  }
}
