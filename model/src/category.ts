/**
 * EMR categories and the security level that each one has.
 *
 * @module
 */
import * as v from 'valibot';

/**
 * The nine categories of EMR data (Lee et al. 2022, table of security levels), and one that is not the
 * paper's: `emergency-summary`, the few facts that matter in an emergency, taken from the others.
 */
export const CATEGORIES = [
  'medical-information',
  'admission-record',
  'prescription',
  'medical-imaging',
  'medical-device',
  'medicine',
  'clinical-observation',
  'omics',
  'sensor-data',
  'emergency-summary',
] as const;

export const Category = v.picklist(CATEGORIES, 'record category');
export type Category = v.InferOutput<typeof Category>;

/** Security levels from least to most protected; `sealed` is opened by a named grant only. */
export const SECURITY_LEVELS = ['low', 'moderate', 'private', 'sealed'] as const;

export const SecurityLevel = v.picklist(SECURITY_LEVELS, 'security level');
export type SecurityLevel = v.InferOutput<typeof SecurityLevel>;

const LEVEL_OF_CATEGORY: Readonly<Record<Category, SecurityLevel>> = {
  'medical-information': 'private',
  'admission-record': 'private',
  prescription: 'private',
  'medical-imaging': 'private',
  'medical-device': 'low',
  medicine: 'low',
  'clinical-observation': 'low',
  omics: 'low',
  'sensor-data': 'moderate',
  'emergency-summary': 'private',
};

/** Codes of HL7 v3 Confidentiality for each level: FHIR `meta.security`. */
export const CONFIDENTIALITY: Readonly<Record<SecurityLevel, 'L' | 'M' | 'R' | 'V'>> = {
  low: 'L',
  moderate: 'M',
  private: 'R',
  sealed: 'V',
};

/** The level a record of this category has unless its author seals it. */
export function securityLevelOf(category: Category): SecurityLevel {
  return LEVEL_OF_CATEGORY[category];
}

/** Whether `level` may stand on a record of `category`: the category's own level, or `sealed`. */
export function isLevelAllowed(category: Category, level: SecurityLevel): boolean {
  return level === 'sealed' || level === securityLevelOf(category);
}
