/**
 * The patient's log.
 *
 * @module
 */
import { EmrError } from '@emr-share/model';
import type { Rule } from '../invocation.js';
import { logOf } from '../ledger-keys.js';

/** Oldest first. A page may hold fewer entries than asked for, or none, and still have a bookmark. */
export const listEntries: Rule<'audit:ListEntries'> = async ({ caller, state }, request) => {
  const { patient, since = 0, until = Number.MAX_SAFE_INTEGER } = request;
  if (caller.userId !== patient && caller.role !== 'auditor') {
    throw new EmrError('ROLE_DENIED', { role: caller.role, action: 'read the log of others' });
  }
  const { entries, bookmark } = await state.page(logOf(patient), request);
  const log = entries.map(({ value }) => value);
  const ended = bookmark === undefined || (log.at(-1)?.at ?? 0) > until;
  return {
    entries: log.filter(({ at }) => since <= at && at <= until),
    ...(ended ? {} : { bookmark }),
  };
};
