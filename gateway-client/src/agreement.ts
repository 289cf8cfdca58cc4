/**
 * Reading one fact from several organizations, where a single peer's word is not enough.
 *
 * @module
 */
import {
  canonicalJson,
  EmrError,
  type MspId,
  type TransactionName,
  type TransactionRequest,
  type TransactionResponse,
} from '@emr-share/model';
import type { WarningListener } from './client-context.js';
import type { Ledger } from './ports/ledger.js';
import { whileBehind } from './retry.js';

/** One organization's answer; a refusal by the contract is an answer too. */
interface Voice<R> {
  readonly mspId: MspId;
  /** Equal for equal answers; `null` where the organization gave none. */
  readonly ballot: string | null;
  readonly answer: { readonly response: R } | { readonly error: unknown };
}

/** Where and how to ask. */
export interface Electorate {
  readonly ledger: Ledger;
  readonly organizations: readonly MspId[];
  readonly warn: WarningListener;
  readonly signal: AbortSignal;
}

/** Refusals that say something of the organization's peer rather than of the fact. */
const SILENT = new Set(['LEDGER_UNAVAILABLE', 'LEDGER_REJECTED', 'LEDGER_BUSY', 'INTERNAL']);

function ballotOf(error: unknown): string | null {
  if (!EmrError.is(error) || SILENT.has(error.code)) return null;
  return `refused ${error.code}`;
}

async function ask<N extends TransactionName>(
  { ledger, signal }: Electorate,
  mspId: MspId,
  name: N,
  request: TransactionRequest<N>,
): Promise<Voice<TransactionResponse<N>>> {
  try {
    const response = await ledger.evaluate(name, request, { organizations: [mspId], signal });
    return {
      mspId,
      ballot: canonicalJson(response),
      answer: { response },
    };
  } catch (error) {
    signal.throwIfAborted();
    return { mspId, ballot: ballotOf(error), answer: { error } };
  }
}

function mostFrequent<R>(voices: readonly Voice<R>[]): readonly Voice<R>[] {
  const groups = new Map<string, Voice<R>[]>();
  for (const voice of voices) {
    if (voice.ballot === null) continue;
    groups.set(voice.ballot, [...(groups.get(voice.ballot) ?? []), voice]);
  }
  return [...groups.values()].reduce(
    (best, group) => (group.length > best.length ? group : best),
    [],
  );
}

const named = (voices: readonly Voice<unknown>[]): string =>
  voices
    .map(({ mspId }) => mspId)
    .sort()
    .join(', ');

function noMajority(voices: readonly Voice<unknown>[]): unknown {
  const silent = voices.find(({ ballot }) => ballot === null);
  return silent !== undefined && 'error' in silent.answer
    ? silent.answer.error
    : new EmrError('ENDORSEMENT_MISMATCH', { organizations: named(voices) });
}

const isMajority = (some: readonly unknown[], all: readonly unknown[]): boolean =>
  some.length * 2 > all.length;

/** The voices of more than half of the organizations, as soon as they are in; all where there are none. */
async function untilMajority<R>(asked: readonly Promise<Voice<R>>[]): Promise<readonly Voice<R>[]> {
  const voices: Voice<R>[] = [];
  return new Promise((resolve, reject) => {
    for (const one of asked) {
      one.then((voice) => {
        voices.push(voice);
        if (isMajority(mostFrequent(voices), asked) || voices.length === asked.length)
          resolve([...voices]);
      }, reject);
    }
  });
}

/** Names those who say otherwise than the majority, whenever they say it. */
function warnOfOutvoted<R>(
  { warn }: Electorate,
  asked: readonly Promise<Voice<R>>[],
  agreed: string | null,
): void {
  for (const one of asked) {
    one.then(
      ({ mspId, ballot }) => {
        if (ballot === null || ballot === agreed) return;
        warn(new EmrError('ENDORSEMENT_MISMATCH', { organizations: mspId }));
      },
      () => undefined, // The caller has what it wanted, and has gone.
    );
  }
}

async function readOnce<N extends TransactionName>(
  electorate: Electorate,
  name: N,
  request: TransactionRequest<N>,
): Promise<TransactionResponse<N>> {
  const { organizations } = electorate;
  const asked = organizations.map((mspId) => ask(electorate, mspId, name, request));
  const voices = await untilMajority(asked);
  const agreed = mostFrequent(voices);
  const [first] = agreed;
  if (first === undefined || !isMajority(agreed, asked)) throw noMajority(voices);
  warnOfOutvoted(electorate, asked, first.ballot);
  if ('error' in first.answer) throw first.answer.error;
  return first.answer.response;
}

/**
 * Asks every organization the same query, in parallel, and takes the answer that more than half of
 * them give as soon as they have: one that is down holds nobody up. Outvoted organizations are named
 * to the warning listener, each by itself, also when they answer later.
 *
 * @throws EmrError the majority's refusal; `ENDORSEMENT_MISMATCH` where there is no majority; what
 *   an organization failed with where too few answered.
 */
export function readAgreed<N extends TransactionName>(
  electorate: Electorate,
  name: N,
  request: TransactionRequest<N>,
): Promise<TransactionResponse<N>> {
  return whileBehind(['ENDORSEMENT_MISMATCH'], electorate.signal, () =>
    readOnce(electorate, name, request),
  );
}
