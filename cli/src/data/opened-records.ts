/**
 * What a ticket has opened: the summary as one page, everything else as files.
 *
 * @module
 */
import { join } from 'node:path';
import {
  currentSummaries,
  mergeSummaries,
  type EmrClient,
  type OpenedRecord,
  type PatientSummary,
} from '@emr-share/gateway-client';
import type { Category, TicketId, TransactionRecord } from '@emr-share/model';
import type { Call } from '../call.js';
import { outputTarget } from '../output/output-target.js';

export interface Opened {
  /** `null` where the ticket opens none. */
  readonly summary: PatientSummary | null;
  /** All others, with the file that each was written to. */
  readonly records: readonly { readonly record: TransactionRecord; readonly file: string | null }[];
}

export interface OpeningOptions {
  readonly category: Category | undefined;
  /** Folder for contents; left out: they are listed only. */
  readonly into: string | undefined;
}

const isSummary = ({ record }: OpenedRecord): boolean =>
  record.info.category === 'emergency-summary';

async function contentOf(opened: OpenedRecord): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await opened.bytes())) as unknown;
  } catch (error) {
    // Named in the summary as one that could not be read; the others are needed all the more.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function written(
  call: Call,
  { record, content }: OpenedRecord,
  into: string | undefined,
): Promise<string | null> {
  if (into === undefined) return null;
  const target = await outputTarget(call.host, join(into, record.recordId), false);
  await target.write(content, call.signal);
  return target.name;
}

/** Opens everything that a ticket opens. Throws what `tickets.open` and reading throw. */
export async function openByTicket(
  call: Call,
  client: EmrClient,
  ticketId: TicketId,
  { category, into }: OpeningOptions,
): Promise<Opened> {
  const summaries: OpenedRecord[] = [];
  const records: Opened['records'][number][] = [];
  for await (const opened of client.tickets.open(ticketId, { category, signal: call.signal })) {
    if (isSummary(opened)) summaries.push(opened);
    else records.push({ record: opened.record, file: await written(call, opened, into) });
  }
  return { summary: await merged(summaries), records };
}

/** The whole summary with what was filed since; `null` where there is none. */
async function merged(summaries: readonly OpenedRecord[]): Promise<PatientSummary | null> {
  const current = new Set(currentSummaries(summaries.map(({ record }) => record)));
  const wanted = summaries.filter(({ record }) => current.has(record));
  return wanted.length === 0 ? null : mergeSummaries(await Promise.all(wanted.map(contentOf)));
}
