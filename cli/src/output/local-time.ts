/**
 * Times as people read them.
 *
 * @module
 */

const two = (n: number): string => String(n).padStart(2, '0');

/** Local time in ISO 8601 to the second, with the zone's offset: `2026-12-31T18:00:00+01:00`. */
export function localTime(millis: number): string {
  const date = new Date(millis);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${zone}`;
}

/** A length of time: `840 ms`, `3.2 s`. */
export function elapsed(ms: number): string {
  return ms < 1000 ? `${String(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}
