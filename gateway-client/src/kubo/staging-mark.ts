/**
 * How a Kubo node remembers which blobs stand, with pins alone.
 *
 * A blob that is *filed* is pinned itself, under the name `emr-share/filed`. A blob that is *staged*
 * is held by a pin on its staging mark: a UnixFS directory whose only entry is the blob. The mark's
 * CID follows from the blob's, so it can be asked for without a list; it is what `ipfs add -w` makes,
 * so the upload and the mark are one step; and it is not the blob's own pin, so that staging and
 * dropping a blob again leaves what is filed alone. A pin's name says when the blob was staged.
 *
 * @module
 */
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import { isBlobCid, isLeaf } from '../unixfs/blob-cid.js';

/** Name of the pin on a filed blob. */
export const FILED = 'emr-share/filed';
/** Name of the blob in its staging mark's directory. */
export const MARK_ENTRY = 'staged';
/** What the names of all pins on staging marks begin with. */
export const STAGED_PREFIX = 'emr-share/staged/';

/** Name of the pin on a staging mark. */
export function stagedName(at: number): string {
  return `${STAGED_PREFIX}${at}`;
}

/** When a pin of that name was set; `null` for the name of any other pin. */
export function stagedAt(name: string): number | null {
  if (!name.startsWith(STAGED_PREFIX)) return null;
  const at = Number(name.slice(STAGED_PREFIX.length));
  return Number.isSafeInteger(at) ? at : null;
}

/** CID of a blob's staging mark. */
export async function markOf(blob: CID, rootBlock: Uint8Array): Promise<CID> {
  const block = dagPb.encode({
    Data: new UnixFS({ type: 'directory' }).marshal(),
    Links: [{ Hash: blob, Name: MARK_ENTRY, Tsize: cumulativeSize(blob, rootBlock) }],
  });
  return CID.createV1(dagPb.code, await sha256.digest(block));
}

/** The blob that a staging mark holds; `null` where the block is none. */
export function blobOf(markBlock: Uint8Array): CID | null {
  try {
    const { Links: links } = dagPb.decode(markBlock);
    const [link] = links;
    if (links.length !== 1 || link?.Name !== MARK_ENTRY) return null;
    return isBlobCid(link.Hash) ? link.Hash : null;
  } catch {
    return null;
  }
}

/** Bytes of all blocks of a blob, as a link to it says. */
function cumulativeSize(blob: CID, rootBlock: Uint8Array): number {
  if (isLeaf(blob)) return rootBlock.length;
  const { Links: links } = dagPb.decode(rootBlock);
  return links.reduce((sum, { Tsize: size = 0 }) => sum + size, rootBlock.length);
}
