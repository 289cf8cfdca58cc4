/**
 * A source whose content stays at hand once it was read: an upload reads it, a summary is made of it.
 *
 * @module
 */
import { watchStream } from '../byte-stream.js';
import { concatBytes } from '../bytes.js';
import type { OpenableSource } from '../records/source.js';

/** A source that remembers what it gave. */
export interface KeptSource extends OpenableSource {
  /** All of the content; `null` where it was not read to its end, or is larger than the limit. */
  kept(): Uint8Array | null;
}

/** Keeps up to `limitBytes` of what `source` gives; holds nothing where it is more. */
export function keepContent(source: OpenableSource, limitBytes: number): KeptSource {
  let content: Uint8Array | null = null;
  return {
    ...source,
    open: () => {
      content = null;
      const pieces: Uint8Array[] = [];
      let sizeBytes = 0;
      return watchStream(source.open(), {
        onPiece: (piece) => {
          sizeBytes += piece.length;
          // Copied: a source may fill the same buffer again.
          if (sizeBytes <= limitBytes) pieces.push(piece.slice());
          else pieces.length = 0;
        },
        onEnd: () => {
          if (sizeBytes <= limitBytes) content = concatBytes(...pieces);
        },
      });
    },
    kept: () => content,
  };
}
