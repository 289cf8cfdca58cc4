/**
 * The words that both sides of the chain speak.
 *
 * @module
 */
export * from './attributes.js';
export * from './audience-parts.js';
export * from './audience.js';
export * from './audit.js';
export * from './canonical.js';
export * from './category.js';
export * from './decide-audience.js';
export * from './decide.js';
export * from './emergency.js';
export * from './errors.js';
export * from './grant.js';
export * from './ids.js';
export * from './key-rotation.js';
export * from './policy.js';
export * from './purpose.js';
export * from './record.js';
export * from './recovery.js';
export * from './roster.js';
export * from './scope.js';
export * from './sharing.js';
export * from './ticket.js';
export * from './transactions.js';
export * from './transactions/audiences.js';
export * from './transactions/custody.js';
export * from './transactions/recovery.js';
export type { TransactionKind } from './transactions/spec.js';
export * from './user.js';
export * from './validate.js';
export { withoutRepeats } from './without-repeats.js';
