/**
 * The parameters of the scheme: one extra generator.
 *
 * @module
 */
import { generatorUBytes } from '../group/generator-u.js';
import { trustedPoint } from '../group/point.js';
import type { Point } from '../group/point.js';
import { Opaque, describe } from './opaque.js';

/**
 * Umbral's second generator u, which commits to the secret of a kfrag.
 *
 * @see docs/protocol.md §4.1
 */
export const GENERATOR_U: Point = trustedPoint(generatorUBytes());

/** The scheme's parameters. They are constant: every instance is the same. */
export class Parameters extends Opaque {
  get u(): Point {
    return GENERATOR_U;
  }

  toString(): string {
    return describe('Parameters', GENERATOR_U.toCompressedBytes());
  }
}
