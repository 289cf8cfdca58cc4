import { secp256k1 } from '@noble/curves/secp256k1.js';
import { trustedPoint } from './point.js';
import type { Point } from './point.js';

/** The standard base point of secp256k1. */
export const GENERATOR_G: Point = trustedPoint(secp256k1.Point.BASE.toBytes(false));
