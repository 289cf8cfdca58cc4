/**
 * Getting a certificate of an organization's Fabric CA: a registered name, its one-time secret and a
 * certificate request for a certificate.
 *
 * @module
 */
import { request as httpsRequest } from 'node:https';
import { EmrError, type UserId } from '@emr-share/model';
import * as v from 'valibot';
import { withTimeLimit } from '../time-limit.js';
import type { CertificateAuthority } from './connection-profile.js';

const LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Whom the CA knows, and what it is asked to certify. */
export interface EnrolmentRequest {
  readonly userId: UserId;
  /** From the organization's admin; good for one enrolment. */
  readonly secret: string;
  /** PKCS #10, PEM. */
  readonly certificateRequestPem: string;
}

const Enrolled = v.object({
  success: v.literal(true),
  result: v.object({ Cert: v.pipe(v.string(), v.base64()) }),
});
const Refused = v.object({
  errors: v.tupleWithRest([v.object({ message: v.string() })], v.unknown()),
});

/**
 * Has the CA certify the key of a request.
 *
 * @returns the certificate, PEM.
 * @throws EmrError `AUTHORITY_UNAVAILABLE`, `AUTHORITY_REFUSED`.
 */
export async function enrolAtAuthority(
  authority: CertificateAuthority,
  request: EnrolmentRequest,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const answer = await ask(authority, request, signal);
  const enrolled = v.safeParse(Enrolled, parsed(answer));
  if (enrolled.success) return Buffer.from(enrolled.output.result.Cert, 'base64').toString('utf8');
  const refused = v.safeParse(Refused, parsed(answer));
  const problem = refused.success
    ? refused.output.errors[0].message
    : 'its answer is not that of a Fabric CA';
  throw new EmrError('AUTHORITY_REFUSED', { endpoint: authority.url, problem });
}

async function ask(
  authority: CertificateAuthority,
  request: EnrolmentRequest,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await withTimeLimit(LIMIT_MS, signal, (limit) => post(authority, request, limit));
  } catch (cause) {
    signal?.throwIfAborted();
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new EmrError('AUTHORITY_UNAVAILABLE', { endpoint: authority.url, problem }, { cause });
  }
}

/** Not with `fetch`, which takes no roots of one's own. */
function post(
  { url, caName, tlsRootPem }: CertificateAuthority,
  { userId, secret, certificateRequestPem }: EnrolmentRequest,
  signal: AbortSignal,
): Promise<string> {
  const body = JSON.stringify({
    certificate_request: certificateRequestPem,
    ...(caName === '' ? {} : { caname: caName }),
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const options = { method: 'POST', auth: `${userId}:${secret}`, ca: tlsRootPem, headers };
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      `${url}/api/v1/enroll`,
      { ...options, signal, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) response.destroy(new Error('its answer is too long'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve(Buffer.concat(chunks).toString('utf8'));
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
