/**
 * Reading a record as an actor of the story does: everything is decrypted and hashed.
 *
 * @module
 */
import type { PurposeOfUse, RecordId } from '@emr-share/model';
import type { Actor } from './cast.js';
import { sha256Of } from './hashing.js';
import type { Story } from './story.js';

/** Fetches a record to its last byte. @returns SHA-256 over what came. */
export async function read(
  { tickets, signal }: Story,
  reader: Actor,
  recordId: RecordId,
  purpose: PurposeOfUse = 'TREAT',
  onBytes?: (bytes: number) => void,
): Promise<string> {
  const { ticket, content } = await reader.client.records.fetch(recordId, { purpose, signal });
  if (ticket !== null) tickets.push(ticket.ticketId);
  return sha256Of(content, onBytes);
}
