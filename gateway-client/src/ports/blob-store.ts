/**
 * Port: content-addressed storage of ciphertext. Adapters: the embedded UnixFS store, Kubo.
 * A blob store never sees plaintext or keys; everything it returns is verified again by the SDK.
 *
 * @module
 */

/** Options of every call on a {@link BlobStore}. */
export interface BlobCallOptions {
  /** Ends the call promptly with the signal's reason; nothing half-written becomes visible. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link BlobStore.put}. */
export interface PutOptions extends BlobCallOptions {
  /** Called with the number of bytes taken so far, at most once per chunk. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** What {@link BlobStore.put} stored. */
export interface StoredBlob {
  /** CIDv1, base32, dag-pb root or raw leaf: UnixFS, 1 MiB fixed chunks, raw leaves, SHA-256. */
  readonly cid: string;
  readonly sizeBytes: number;
}

/** Byte range of {@link BlobStore.get}. */
export interface GetOptions extends BlobCallOptions {
  /** First byte; default 0. */
  readonly offset?: number | undefined;
  /** Number of bytes; default to the end. */
  readonly lengthBytes?: number | undefined;
}

/**
 * Stores and serves ciphertext by CID.
 *
 * The life of a blob: `put` makes it durable and *staged*; `commit` pins it, once the ledger names it;
 * `discard` drops a staged blob that will not be filed; `collect` drops staged blobs that a crash left.
 */
export interface BlobStore {
  /**
   * Adds a stream and returns once every block is durable. Memory stays constant at any size.
   * The source is closed (`return()`) when the call ends early.
   */
  put(source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredBlob>;

  /** Pins a staged blob for good. Harmless to repeat. Throws `BLOB_UNAVAILABLE` for an unknown CID. */
  commit(cid: string, options?: BlobCallOptions): Promise<void>;

  /** Drops a staged blob. Does nothing to a committed or unknown one. */
  discard(cid: string, options?: BlobCallOptions): Promise<void>;

  /**
   * Reads a blob or a range of it, verifying each block against its hash.
   *
   * Throws `BLOB_UNAVAILABLE` where a block is missing, `BLOB_CORRUPT` where one does not match its hash.
   */
  get(cid: string, options?: GetOptions): AsyncIterable<Uint8Array>;

  /** Size of the content behind a CID. Throws `BLOB_UNAVAILABLE`. */
  stat(cid: string, options?: BlobCallOptions): Promise<StoredBlob>;

  /**
   * Removes staged blobs older than `olderThanMs` that `isReferenced` denies, and any block that no
   * pinned or staged blob needs. Returns the CIDs removed.
   */
  collect(
    options: BlobCallOptions & {
      readonly isReferenced: (cid: string) => Promise<boolean>;
      readonly olderThanMs: number;
    },
  ): Promise<readonly string[]>;
}
