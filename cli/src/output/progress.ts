/**
 * Progress of what takes long: a bar on a terminal, nothing elsewhere.
 *
 * @module
 */
import { SingleBar } from 'cli-progress';
import type { OutputStream } from '../host.js';
import { byteSize } from './size.js';

export interface Progress {
  /** Bytes done so far. */
  update(bytes: number): void;
  /** Takes the bar off the screen. */
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };

/** Below this there is nothing to see. */
const WORTH_SHOWING_BYTES = 256 * 1024;

/** Shows a bar of `totalBytes` on `stream`, if `isLive` and there is enough to do. */
export function showProgress(
  stream: OutputStream,
  isLive: boolean,
  label: string,
  totalBytes: number,
): Progress {
  if (!isLive || totalBytes < WORTH_SHOWING_BYTES) return SILENT;
  const bar = new SingleBar({
    stream,
    format: `${label} [{bar}] {percentage}% of ${byteSize(totalBytes)}, {eta_formatted} left`,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    barsize: 30,
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(totalBytes, 0);
  return {
    update: (bytes) => {
      bar.update(Math.min(bytes, totalBytes));
    },
    stop: () => {
      bar.stop();
    },
  };
}
