/**
 * What a rule asks of the reader's certificate.
 *
 * @module
 */
import type { AttributeRule } from './policy.js';
import type { Caller } from './user.js';

export type AttributeName = 'role' | 'organization' | 'department';

/** The first attribute that is not as the rule asks; `null` where all are. */
export function failedAttribute(rule: AttributeRule, caller: Caller): AttributeName | null {
  const checks = [
    ['role', allows(rule.roles, caller.role)],
    ['organization', allows(rule.mspIds, caller.mspId)],
    ['department', allows(rule.departments, caller.department)],
  ] as const;
  return checks.find(([, passed]) => !passed)?.[0] ?? null;
}

function allows<T>(list: readonly T[] | undefined, value: T | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value));
}
