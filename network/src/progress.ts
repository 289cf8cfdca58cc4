/**
 * What a long operation tells its caller as it goes: the steps of a plan, and free notes (what is
 * done, how long it may take).
 *
 * @module
 */

/** One thing that happened. `step` is stable, `title` is for people; `planned` comes first. */
export type ProgressEvent =
  | { kind: 'planned'; steps: number }
  | { kind: 'started'; step: string; title: string; estimateMs?: number }
  | { kind: 'finished'; step: string; title: string; ms: number }
  | { kind: 'skipped'; step: string; title: string }
  | { kind: 'failed'; step: string; title: string; ms: number; problem: string }
  | { kind: 'note'; text: string }
  | { kind: 'bytes'; what: string; doneBytes: number; totalBytes?: number };

/** Called synchronously; must not throw. */
export type OnProgress = (event: ProgressEvent) => void;

export const silent: OnProgress = () => undefined;
