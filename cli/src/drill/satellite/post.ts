/**
 * What an emergency post does: it knows a patient's pseudonymous ID and nothing else, and ends with
 * the patient's summary.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { loadNativeBackend, useBackend } from '@emr-share/crypto/native';
import {
  type BlobStore,
  connect,
  type EmrClient,
  type EmrError,
  type Identity,
  Keyring,
  type Ledger,
  makePatientSummary,
} from '@emr-share/gateway-client';
import { DirectLedger, readConnectionProfile } from '@emr-share/gateway-client/fabric';
import { KuboBlobStore } from '@emr-share/gateway-client/kubo';
import {
  type Category,
  MAX_SCOPES_PER_CALL,
  type MspId,
  type Role,
  type SignedApproval,
  type UserId,
} from '@emr-share/model';
import { connectionProfiles } from '@emr-share/network';
import { type FabricConsortium, openFabricConsortium } from '../../consortium/index.js';
import { patientSummaryJson } from '../../demo/samples/patient-summary.js';
import { askingAhead } from './asking-ahead.js';
import type { Emergency, PostTask } from './post-messages.js';
import { Trace, tracedLedger } from './trace.js';

const FHIR_JSON = 'application/fhir+json';
/** Who does not answer by then is not there. */
const WARM_UP_LIMIT_MS = 2_000;
const SECOND_QUESTION_MS = 150;
/** Before that, nothing that was declared can be on the ledger: it takes three ways there and back. */
const FIRST_QUESTION_MS = 1_400;

/** Somebody who is enrolled and registered. */
interface Member {
  readonly userId: UserId;
  readonly identity: Identity;
  readonly keyring: Keyring;
  readonly client: EmrClient;
}

interface Joining {
  readonly consortium: FabricConsortium;
  readonly blobs: BlobStore;
  readonly mspId: MspId;
  readonly role: Role;
}

async function join({ consortium, blobs, mspId, role }: Joining): Promise<Member> {
  const userId = `${role}.${randomBytes(5).toString('hex')}`;
  const identity = await consortium.enrol(mspId, { userId, role });
  const keyring = Keyring.random();
  const client = await connect({ ledger: consortium.ledger(identity), blobs, keyring });
  if (role === 'patient') await client.identity.enrolPatient();
  else await client.identity.register({ role });
  return { userId, identity, keyring, client };
}

/** The ledger as somebody far away from every peer uses it. */
async function directLedger({ dir }: FabricConsortium, identity: Identity): Promise<DirectLedger> {
  for (const content of Object.values(await connectionProfiles(dir))) {
    const profile = readConnectionProfile(JSON.stringify(content));
    const { mspId, gateways, orderers, channel, contract: chaincode } = profile;
    if (mspId !== identity.mspId) continue;
    const endorsers = Math.floor(gateways.length / 2) + 1;
    return new DirectLedger({ identity, gateways, orderers, channel, chaincode, endorsers });
  }
  throw new TypeError(`no organization ${identity.mspId}`);
}

export interface Post {
  /** Has every connection open, as at a post that is in use. */
  warmUp(): Promise<void>;
  /**
   * Declares an emergency and reads the patient's summary.
   *
   * @throws EmrError what stopped it; TypeError where the summary is not the one that was filed
   */
  declare(): Promise<Emergency>;
}

/** Asks, and asks again over another connection: a packet that is lost holds up one of them. */
async function askTwice<T>(ask: () => Promise<T>): Promise<T> {
  return Promise.any([ask(), delay(SECOND_QUESTION_MS).then(ask)]);
}

/** A request to an on-duty service, over a connection that is kept. */
async function approvalFrom(url: string, token: string, request: unknown): Promise<SignedApproval> {
  const answer = await fetch(new URL('/approve', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  });
  return (await answer.json()) as SignedApproval;
}

/**
 * Enrols a physician, an author and a patient, and has the patient's records filed, over a good line;
 * then the post is ready.
 */
export async function setUpPost(task: PostTask): Promise<Post> {
  const native = loadNativeBackend();
  if (native !== null) useBackend(native);
  const { networks, hospitals, token, physicianOf, patientOf } = task;
  const headers = { authorization: `Bearer ${token}` };
  const blobs = new KuboBlobStore({ nodes: hospitals.map(({ url }) => ({ url, headers })) });
  const at = async (mspId: string): Promise<Omit<Joining, 'role'>> => {
    const consortium = await openFabricConsortium(networks[mspId] ?? '');
    return { consortium, blobs, mspId };
  };
  const here = await at(physicianOf);
  const physician = await join({ ...here, role: 'emergency-physician' });
  const patient = await join({ ...(await at(patientOf)), role: 'patient' });
  const author = await join({ ...here, role: 'physician' });
  const summary = await fileRecords(author, patient);
  const approver = hospitals.find(({ mspId }) => mspId === task.approver)?.url ?? '';
  const ask = (request: unknown): Promise<SignedApproval> =>
    askTwice(() => approvalFrom(approver, token, request));

  let trace: Trace | null = null;
  let warnings: string[] = [];
  const direct = await directLedger(here.consortium, physician.identity);
  const organizations = hospitals.map(({ mspId }) => mspId);
  /** One that has never heard of the patient, over connections that are there. */
  const newClient = async (ledger: Ledger): Promise<EmrClient> => {
    const { keyring } = physician;
    const onWarning = ({ code }: EmrError): unknown => warnings.push(code);
    return connect({ ledger, blobs, keyring, organizations, onWarning });
  };

  const warmUp = async (): Promise<void> => {
    const { userId } = physician;
    await direct.connect(WARM_UP_LIMIT_MS);
    const signal = AbortSignal.timeout(WARM_UP_LIMIT_MS);
    const isHealthy = async (url: string): Promise<ArrayBuffer> =>
      (await fetch(new URL('/health', url), { headers, signal })).arrayBuffer();
    await Promise.allSettled(
      hospitals.flatMap(({ mspId, url }) => [
        direct.evaluate('registry:GetUser', { userId }, { organizations: [mspId], signal }),
        isHealthy(url),
        isHealthy(url),
      ]),
    );
  };

  const declare = async (): Promise<Emergency> => {
    const ledger = askingAhead(direct, [physicianOf, task.approver]);
    await using client = await newClient(tracedLedger(ledger, () => trace));
    const { emergency } = client;
    const ending = new AbortController();
    const { signal } = ending;
    const running = new Trace();
    trace = running;
    warnings = [];
    try {
      const prepared = await running.span('look up the rule', () =>
        emergency.prepare({ patient: patient.userId }),
      );
      const approval = await running.span('have it approved', () => ask(prepared));
      const { ticketId } = prepared;
      const wanted = { category: 'emergency-summary' } as const;
      const page = { ticketId, ...wanted, pageSize: MAX_SCOPES_PER_CALL };
      ledger.askAhead(page, FIRST_QUESTION_MS, signal);
      const ticket = await running.span('declare', () =>
        emergency.declare({
          patient: patient.userId,
          audienceId: prepared.audienceId,
          ticketId,
          reason: { code: 'unconscious' },
          approvals: [approval],
        }),
      );
      const bytes = await running.span('open the summary', async () => {
        for await (const record of emergency.open(ticket, wanted)) return record.bytes();
        throw new TypeError('the ticket opens no summary');
      });
      const totalMs = Math.round(running.elapsedMs);
      if (!Buffer.from(bytes).equals(summary))
        throw new TypeError('not the summary that was filed');
      return emergencyOf(running, { totalMs, summaryBytes: bytes.length, warnings });
    } finally {
      ending.abort();
      trace = null;
    }
  };
  return { warmUp, declare };
}

/** The clock of the declaration starts when the physician, who knows the rule by now, decides. */
function emergencyOf(
  { spans }: Trace,
  rest: { totalMs: number; summaryBytes: number; warnings: readonly string[] },
): Emergency {
  const { totalMs, summaryBytes, warnings } = rest;
  const decidedMs = spans.find(({ what }) => what === 'look up the rule')?.toMs ?? 0;
  const timeline = spans
    .filter(({ fromMs }) => fromMs <= totalMs)
    .map((span) => ({
      ...span,
      fromMs: span.fromMs - decidedMs,
      toMs: span.toMs - decidedMs,
    }))
    .toSorted((a, b) => a.fromMs - b.fromMs || b.toMs - a.toMs);
  const declareToSummaryMs = totalMs - decidedMs;
  return { declareToSummaryMs, lookUpMs: decidedMs, timeline, summaryBytes, warnings };
}

/** Files the patient's history and the summary made from it. */
async function fileRecords(author: Member, patient: Member): Promise<Uint8Array> {
  const history = patientSummaryJson();
  const summary = makePatientSummary([JSON.parse(Buffer.from(history).toString())], {
    madeAt: new Date(),
  }).bytes;
  const file = (bytes: Uint8Array, category: Category): Promise<unknown> =>
    author.client.records.upload(bytes, {
      patient: patient.userId,
      category,
      contentType: FHIR_JSON,
      summary: false,
    });
  await file(history, 'medical-information');
  await file(summary, 'emergency-summary');
  return summary;
}
