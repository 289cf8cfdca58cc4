/**
 * Arguments of the bench command.
 *
 * @module
 */
import { InvalidArgumentError } from 'commander';

const UNITS = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 } as const;

/** Reads `400`, `10kB`, `1.5 MB`, `1GB` as bytes. */
export function parseSize(text: string): number {
  const [, digits, unit = 'B'] = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB)?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('Write 400, 10kB, 1MB or 1GB.');
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}

/** Reads a whole number from 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1.');
  return Number(text);
}

/** Reads a whole number from 1, or `saturation` as no number. */
export function parseRate(text: string): number | undefined {
  return text === 'saturation' ? undefined : parseCount(text);
}

/** Reads `60`, `60s` or `1m` as seconds, `never` as 0. */
export function parseSeconds(text: string): number {
  if (text === 'never') return 0;
  const [, digits, unit = 's'] = /^([1-9]\d{0,4})(s|m)?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('Write 60s, 1m or never.');
  return Number(digits) * (unit === 'm' ? 60 : 1);
}
