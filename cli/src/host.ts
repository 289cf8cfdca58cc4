/**
 * What surrounds a call of `emr`: streams, environment, interruption. Injected, so that nothing else
 * touches `process`.
 *
 * @module
 */
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean | undefined };
export type InputStream = Readable & { readonly isTTY?: boolean | undefined };

export interface Host {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at Ctrl+C. */
  readonly signal: AbortSignal;
}
