/**
 * The backend that operations use when their caller names none.
 *
 * @module
 */
import type { GroupBackend } from './group-backend.js';
import { nobleBackend } from './noble-backend.js';

let current: GroupBackend = nobleBackend;

/** The process's backend: noble until {@link useBackend} says otherwise. */
export const defaultBackend = (): GroupBackend => current;

/**
 * Makes `backend` the process's default. Call it once, at start.
 *
 * @returns The backend that was the default before.
 */
export function useBackend(backend: GroupBackend): GroupBackend {
  const previous = current;
  current = backend;
  return previous;
}
