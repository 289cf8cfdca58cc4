/**
 * Which audience grants of a patient there are, and which of them a reader goes by.
 *
 * @module
 */
import {
  EmrError,
  type Audience,
  type AudienceRule,
  type PurposeOfUse,
  type UserId,
} from '@emr-share/model';
import type { ClientContext } from '../client-context.js';
import { overPages } from '../pages.js';

/** All for the patient and auditors; for others, those in force that let them in. Not checked yet. */
export function listAudiences(
  { ledger }: ClientContext,
  patient: UserId,
  signal: AbortSignal,
): AsyncGenerator<Audience, void, void> {
  return overPages(async (bookmark) => {
    const request = { patient, bookmark };
    const page = await ledger.evaluate('audience:ListAudiences', request, { signal });
    return { items: page.audiences, bookmark: page.bookmark };
  });
}

/** {@link listAudiences} of one kind, without those that have ended; the newest first. */
export async function audiencesInForce(
  context: ClientContext,
  patient: UserId,
  kind: AudienceRule['kind'],
  signal: AbortSignal,
): Promise<readonly Audience[]> {
  const now = context.clock.now();
  const found: Audience[] = [];
  for await (const audience of listAudiences(context, patient, signal)) {
    const { body, status } = audience;
    const inForce = status.state === 'active' && now < body.rule.notAfter;
    if (body.patient === patient && body.rule.kind === kind && inForce) found.push(audience);
  }
  return found.sort((a, b) => b.body.createdAt - a.body.createdAt);
}

/**
 * The patient's audience grant that a reader asks by: one that knows the purpose, with the fewest
 * approvals, the newest of those.
 *
 * @throws EmrError `AUDIENCE_OPTED_OUT` where none lets the caller in.
 */
export async function findAudience(
  context: ClientContext,
  wanted: {
    readonly patient: UserId;
    readonly kind: AudienceRule['kind'];
    readonly purpose: PurposeOfUse;
  },
  signal: AbortSignal,
): Promise<Audience> {
  const { patient, kind, purpose } = wanted;
  const inForce = await audiencesInForce(context, patient, kind, signal);
  const fitting = inForce.filter(({ body }) => body.rule.purposes.includes(purpose));
  const [best] = fitting.toSorted((a, b) => a.body.rule.approvals - b.body.rule.approvals);
  // Where none knows the purpose, the ledger's refusal says so.
  const audience = best ?? inForce[0];
  if (audience === undefined) throw new EmrError('AUDIENCE_OPTED_OUT', { patient });
  return audience;
}
