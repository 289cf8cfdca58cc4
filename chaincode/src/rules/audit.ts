/**
 * The patient's log.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import type { Rule } from '../invocation.js';
import { logOf, logSince } from '../ledger-keys.js';

/** Oldest first, in pages of the size asked for; the last one may be shorter. */
export const listEntries: Rule<'audit:ListEntries'> = async ({ caller, state }, request) => {
  const { patient, since = 0, until = Number.MAX_SAFE_INTEGER } = request;
  if (caller.userId !== patient && caller.role !== 'auditor') {
    throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'read the log of others' });
  }
  const from = logSince(patient, since);
  const { entries, bookmark } = await state.page(logOf(patient), { ...request, from });
  const log = entries.map(({ value }) => value);
  const within = log.filter(({ at }) => since <= at && at <= until);
  const ended = bookmark === undefined || within.length < log.length;
  return { entries: within, ...(ended ? {} : { bookmark }) };
};
