/**
 * Polynomials over the scalar field.
 *
 * @module
 */
import { addScalars, invertScalar, multiplyScalars, subtractScalars } from './scalar.js';
import type { Scalar } from './scalar.js';

/** The value at `x` of the polynomial with these coefficients, the constant one first (Horner). */
export function evaluatePolynomial(coefficients: readonly Scalar[], x: Scalar): Scalar {
  return coefficients.reduceRight(
    (value, coefficient) => addScalars(multiplyScalars(value, x), coefficient),
    0n,
  );
}

/** The weights that interpolate f(0) from the values at `xs`, which must differ and not be zero. */
export function lagrangeWeights(xs: readonly Scalar[]): Scalar[] {
  return xs.map((own, i) => {
    const others = xs.filter((_, j) => j !== i);
    const numerator = product(others);
    const denominator = product(others.map((other) => subtractScalars(other, own)));
    return multiplyScalars(numerator, invertScalar(denominator));
  });
}

const product = (factors: readonly Scalar[]): Scalar => factors.reduce(multiplyScalars, 1n);
