/**
 * Where a Kubo node's RPC API is, and how long its calls may take.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import { TimeLimitError } from '../time-limit.js';

/** RPC API of a Kubo node. Whoever reaches it controls the node: loopback, or TLS and a token. */
export interface KuboEndpoint {
  /** Such as `http://127.0.0.1:5001`. */
  readonly url: string;
  /** Sent with every call, such as `authorization` where `API.Authorizations` is set. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Limits of the calls to a node, in milliseconds. */
export interface KuboLimits {
  /** Finding out whether a node is up. Default 2 s. */
  readonly probeMs: number;
  /** A call about one block or one pin, all of whose content the node has. Default 30 s. */
  readonly callMs: number;
  /** Looking in the swarm for a block that none of the nodes has. Default 5 s. */
  readonly lookupMs: number;
  /** An upload of which the node takes nothing more. A slow source does not count. Default 60 s. */
  readonly stallMs: number;
  /** Copying 1 MiB from one node to another. Default 2 s, and never under `callMs` in all. */
  readonly copyMsPerMib: number;
  /** Removing what no pin needs from a node. Default 10 minutes. */
  readonly collectMs: number;
}

export const DEFAULT_KUBO_LIMITS: KuboLimits = {
  probeMs: 2_000,
  callMs: 30_000,
  lookupMs: 5_000,
  stallMs: 60_000,
  copyMsPerMib: 2_000,
  collectMs: 600_000,
};

/** A node that does not answer, or not as it should, as an error of ours. */
export function storeUnavailable(url: string, cause: unknown): EmrError<'STORE_UNAVAILABLE'> {
  return new EmrError('STORE_UNAVAILABLE', { endpoint: url, problem: problemOf(cause) }, { cause });
}

function problemOf(cause: unknown): string {
  if (cause instanceof TimeLimitError) return cause.message;
  const { message, cause: deeper } = cause as { message?: unknown; cause?: unknown };
  // fetch says "fetch failed" and hides the reason one level down.
  const { code } = (deeper ?? cause) as { code?: unknown };
  return typeof code === 'string' ? code : String(message);
}
