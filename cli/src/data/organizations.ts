/**
 * Who takes part.
 *
 * @module
 */

/** The hospitals of the embedded consortium that `emr` founds. */
export const ORGANIZATIONS = ['HospAMSP', 'HospBMSP', 'HospCMSP'] as const;
