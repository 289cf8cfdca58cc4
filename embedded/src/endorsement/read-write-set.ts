/**
 * What a simulation read and would write. Private data stands in it as hashes only.
 * See docs/protocol.md §10.
 *
 * @module
 */
import { Sha256Hex } from '@emr-share/model';
import * as v from 'valibot';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Where a value was written: block number and position in the block. */
export const Version = v.strictTuple([Count, Count]);
export type Version = v.InferOutput<typeof Version>;

const Read = v.strictObject({
  key: v.string(),
  /** `null`: the key was not there. */
  version: v.nullable(Version),
});

/** A range that was read, for the detection of phantoms. */
export const RangeRead = v.strictObject({
  /** First key. */
  start: v.string(),
  /** First key after the range; when not `exhausted`, the last key that was read. */
  end: v.string(),
  /** Whether the reader saw the range to its end. */
  exhausted: v.boolean(),
  results: v.array(v.strictObject({ key: v.string(), version: Version })),
});
export type RangeRead = v.InferOutput<typeof RangeRead>;

const Write = v.strictObject({
  key: v.string(),
  /** Base64; `null` deletes. */
  value: v.nullable(v.pipe(v.string(), v.base64())),
});

const HashedRead = v.strictObject({ keySha256: Sha256Hex, version: v.nullable(Version) });

const HashedWrite = v.strictObject({
  keySha256: Sha256Hex,
  /** `null` deletes. */
  valueSha256: v.nullable(Sha256Hex),
  /** Deletes for good: earlier values go as well. */
  purge: v.optional(v.literal(true)),
});
export type HashedWrite = v.InferOutput<typeof HashedWrite>;

export const HashedCollection = v.strictObject({
  collection: v.string(),
  reads: v.array(HashedRead),
  writes: v.array(HashedWrite),
});
export type HashedCollection = v.InferOutput<typeof HashedCollection>;

export const ReadWriteSet = v.strictObject({
  reads: v.array(Read),
  ranges: v.array(RangeRead),
  writes: v.array(Write),
  collections: v.array(HashedCollection),
});
export type ReadWriteSet = v.InferOutput<typeof ReadWriteSet>;

/** A private write in clear: it stays with the organization that owns the collection. */
export const PrivateWrite = v.strictObject({
  collection: v.string(),
  key: v.string(),
  /** Base64; `null` deletes. */
  value: v.nullable(v.pipe(v.string(), v.base64())),
});
export type PrivateWrite = v.InferOutput<typeof PrivateWrite>;
