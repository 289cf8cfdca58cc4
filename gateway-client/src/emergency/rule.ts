/**
 * A patient's emergency rule: an audience grant for emergency physicians.
 *
 * @module
 */
import {
  EMERGENCY_PURPOSES,
  type Audience,
  type AudienceReceipt,
  type Category,
  type PolicyBody,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import { createAudience } from '../audiences/create-audience.js';
import { endAudience } from '../audiences/end-audience.js';
import { extendAudience } from '../audiences/extend-audience.js';
import { audiencesInForce, listAudiences } from '../audiences/find-audience.js';
import { isAudienceOf, type AudienceTerms } from '../audiences/terms.js';
import type { ClientContext } from '../client-context.js';

/** What a patient decides; what is left out is as in {@link DEFAULT_EMERGENCY_RULE}. */
export interface EmergencyRuleTerms {
  readonly categories: readonly Category[];
  /** How many organizations other than the physician's must approve: 0 to n − 1. */
  readonly approvals: number;
  /** How long a ticket opens records, from its last approval on. */
  readonly ticketMs: number;
  /** Whether an organization's accredited on-duty service may approve. */
  readonly dutyServices: boolean;
  /** How many custodians must answer. Default, and least: more than half. */
  readonly threshold?: number | undefined;
}

/** What a patient says of a rule: what is left out is as in {@link DEFAULT_EMERGENCY_RULE}. */
export type EmergencyRuleOptions = {
  readonly [Term in keyof EmergencyRuleTerms]?: EmergencyRuleTerms[Term] | undefined;
};

/** The emergency summary, with allergies, and prescriptions; one approval; two hours. */
export const DEFAULT_EMERGENCY_RULE: EmergencyRuleTerms = {
  categories: ['emergency-summary', 'prescription'],
  approvals: 1,
  ticketMs: 7_200_000,
  dutyServices: true,
};

const YEAR_MS = 31_557_600_000;
/** Nobody renews a rule while unconscious. */
const LIFE_MS = 10 * YEAR_MS;

function termsOf(rule: EmergencyRuleTerms, notAfter: number): AudienceTerms {
  const { categories, approvals, ticketMs, dutyServices, threshold } = rule;
  return {
    categories,
    threshold,
    rule: {
      kind: 'emergency',
      readers: { roles: ['emergency-physician'] },
      purposes: [...EMERGENCY_PURPOSES],
      approvals,
      dutyServices,
      ticketMs,
      notAfter,
    },
  };
}

const rulesOf = (context: ClientContext, signal: AbortSignal): Promise<readonly Audience[]> =>
  audiencesInForce(context, context.userId, 'emergency', signal);

/** The caller's rule in force, or `null`. */
export async function currentRule(
  context: ClientContext,
  signal: AbortSignal,
): Promise<Audience | null> {
  const [newest = null] = await rulesOf(context, signal);
  return newest;
}

function createRule(
  context: ClientContext,
  terms: EmergencyRuleTerms,
  signal: AbortSignal,
): Promise<Audience> {
  const notAfter = context.clock.now() + LIFE_MS;
  return createAudience(context, termsOf(terms, notAfter), undefined, signal);
}

/** See `Emergency.setRule`. */
export async function setRule(
  context: ClientContext,
  terms: EmergencyRuleTerms,
  signal: AbortSignal,
): Promise<Audience> {
  const now = context.clock.now();
  const rules = await rulesOf(context, signal);
  const same = rules.find((rule) => {
    const { notAfter } = rule.body.rule;
    return notAfter - now > YEAR_MS && isAudienceOf(rule, termsOf(terms, notAfter));
  });
  const rule =
    same === undefined
      ? await createRule(context, terms, signal)
      : await extendAudience(context, same, 'beginning', signal);
  await endRules(
    context,
    rules.filter(({ body }) => body.audienceId !== rule.body.audienceId),
    signal,
  );
  return rule;
}

/**
 * The rule that a patient enrols with.
 *
 * @param asked - `false`: opt out. Left out: whatever the patient has decided before, else the default
 * rule, for those of its categories that the policy leaves open.
 * @returns `null` where there is none.
 */
export async function enrolmentRule(
  context: ClientContext,
  asked: EmergencyRuleOptions | false | undefined,
  policy: PolicyBody,
  signal: AbortSignal,
): Promise<Audience | null> {
  if (asked === false) {
    await optOut(context, signal);
    return null;
  }
  if (asked !== undefined) return setRule(context, ruleTermsOf(asked), signal);
  const decided = await allRules(context, signal);
  if (decided.length > 0) return currentRule(context, signal);
  const categories = DEFAULT_EMERGENCY_RULE.categories.filter(
    (category) => !policy.closedCategories.includes(category),
  );
  return categories.length === 0 ? null : createRule(context, ruleTermsOf({ categories }), signal);
}

/** {@link DEFAULT_EMERGENCY_RULE} but for what is given. */
export function ruleTermsOf(given: EmergencyRuleOptions): EmergencyRuleTerms {
  const { categories, approvals, ticketMs, dutyServices } = DEFAULT_EMERGENCY_RULE;
  return {
    categories: given.categories ?? categories,
    approvals: given.approvals ?? approvals,
    ticketMs: given.ticketMs ?? ticketMs,
    dutyServices: given.dutyServices ?? dutyServices,
    threshold: given.threshold,
  };
}

/** See `Emergency.optOut`. */
export async function optOut(
  context: ClientContext,
  signal: AbortSignal,
): Promise<readonly AudienceReceipt[]> {
  return endRules(context, await allRules(context, signal), signal);
}

async function allRules(context: ClientContext, signal: AbortSignal): Promise<readonly Audience[]> {
  const rules: Audience[] = [];
  for await (const audience of listAudiences(context, context.userId, signal)) {
    if (audience.body.rule.kind === 'emergency') rules.push(audience);
  }
  return rules;
}

function endRules(
  context: ClientContext,
  rules: readonly Audience[],
  signal: AbortSignal,
): Promise<readonly AudienceReceipt[]> {
  return allOf(
    rules.map((rule) => endAudience(context, rule, signal)),
    signal,
  );
}
