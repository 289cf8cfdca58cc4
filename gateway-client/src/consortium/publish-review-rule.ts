/**
 * How long emergencies may stay unreviewed, for the whole consortium.
 *
 * @module
 */
import { ReviewRule, validate } from '@emr-share/model';
import type { CallOptions, Ledger } from '../ports/ledger.js';

/**
 * Publishes the time of grace: a physician with an emergency that is unreviewed for longer can
 * declare no other one. By an organization's admin; harmless to repeat.
 *
 * @param rule - `graceMs`: 0 to one year; 72 hours until somebody publishes one.
 * @throws EmrError `ROLE_DENIED`, `INPUT_INVALID`.
 */
export async function publishReviewRule(
  ledger: Ledger,
  rule: ReviewRule,
  options: CallOptions = {},
): Promise<ReviewRule> {
  const checked = validate(ReviewRule, rule, 'the review rule');
  const { signal } = options;
  return (await ledger.submit('emergency:PublishReviewRule', checked, { signal })).response;
}
