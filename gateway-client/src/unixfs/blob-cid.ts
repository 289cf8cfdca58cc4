/**
 * The content IDs that this store makes, and no others.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { sha256 } from 'multiformats/hashes/sha2';

/** Whether the block is a leaf (its bytes are content) or a node (links to others). */
export function isLeaf(cid: CID): boolean {
  return cid.code === raw.code;
}

/** CIDv1, SHA-256, raw or dag-pb. */
export function isBlobCid(cid: CID): boolean {
  return (
    cid.version === 1 &&
    (cid.code === raw.code || cid.code === dagPb.code) &&
    cid.multihash.code === sha256.code &&
    cid.multihash.size === 32
  );
}

/**
 * Reads a CID from outside.
 *
 * @throws {@link EmrError} `INPUT_INVALID` unless it is the base32 text of a CIDv1 with SHA-256.
 */
export function parseBlobCid(text: string): CID {
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch (cause) {
    throw invalidCid('it is not a CID', cause);
  }
  if (!isBlobCid(cid)) throw invalidCid('expected CIDv1, raw or dag-pb, SHA-256');
  // The text is a file name: one spelling only.
  if (cid.toString() !== text) throw invalidCid('expected lower-case base32');
  return cid;
}

function invalidCid(problem: string, cause?: unknown): EmrError {
  return new EmrError('INPUT_INVALID', { what: 'content ID', problem }, { cause });
}
