/**
 * Purposes of use: codes of HL7 v3 ActReason (value set PurposeOfUse).
 *
 * @module
 */
import * as v from 'valibot';

/** Code → display name, as HL7 prints it. */
export const PURPOSES = {
  TREAT: 'treatment',
  ETREAT: 'Emergency Treatment',
  BTG: 'break the glass',
  CAREMGT: 'care management',
  HPAYMT: 'healthcare payment',
  HOPERAT: 'healthcare operations',
  HRESCH: 'healthcare research',
  CLINTRCH: 'clinical trial research',
  PATRQT: 'patient requested',
  FAMRQT: 'family requested',
  PUBHLTH: 'public health',
} as const;

export type PurposeOfUse = keyof typeof PURPOSES;

export const PURPOSE_CODES = Object.keys(PURPOSES) as PurposeOfUse[];

export const PurposeOfUse = v.picklist(PURPOSE_CODES, 'purpose of use (HL7 v3 ActReason)');
