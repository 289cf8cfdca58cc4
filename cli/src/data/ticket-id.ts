/**
 * Tickets as a user names them: by ID, or by its first digits where the user may list tickets.
 *
 * @module
 */
import type { EmrClient } from '@emr-share/gateway-client';
import { EmrError, type TicketId } from '@emr-share/model';
import { completeId, isWholeId } from '../input/id-prefix.js';

async function* idsOf(client: EmrClient, signal: AbortSignal): AsyncGenerator<string> {
  for await (const { ticketId } of client.emergency.tickets({ signal })) yield ticketId;
}

/** The ticket whose ID starts with `prefix`. Throws `TICKET_NOT_FOUND`, `ID_AMBIGUOUS`. */
export async function ticketIdOf(
  client: EmrClient,
  prefix: string,
  signal: AbortSignal,
): Promise<TicketId> {
  if (isWholeId(prefix)) return prefix;
  const ticketId = await completeId(prefix, idsOf(client, signal));
  if (ticketId === null) throw new EmrError('TICKET_NOT_FOUND', { ticketId: prefix });
  return ticketId;
}
