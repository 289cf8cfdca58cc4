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
