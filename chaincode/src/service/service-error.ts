/**
 * What keeps the contract service from starting.
 *
 * @module
 */

/** A set-up that the operator must mend; the message says what and how. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
}
