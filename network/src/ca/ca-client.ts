/**
 * The part of the Fabric CA API that a network needs, spoken directly: no secret stands on a command
 * line, and no program is started for each certificate.
 *
 * @module
 */
import * as v from 'valibot';
import { CaConnection, type CaName, refusalIn } from './ca-connection.js';
import type { Credentials } from './credentials.js';

export type { CaName } from './ca-connection.js';
export type { Credentials } from './credentials.js';

/** What an identity is, and the OU that its certificate gets. */
export type IdentityType = 'client' | 'peer' | 'orderer' | 'admin';

export interface Attribute {
  name: string;
  value: string;
  /** Whether it goes into every enrolment certificate. */
  ecert: boolean;
}

/** Whom the CA shall know. */
export interface Registration {
  id: string;
  type: IdentityType;
  secret: string;
  attributes: readonly Attribute[];
  /** How often the identity may enrol, under this secret and all before it; no limit by default. */
  maxEnrolments?: number;
}

const UNLIMITED = -1;
/** The CA's code for "an identity of that name is registered already". */
const ALREADY_REGISTERED = 74;
/** … for "there is no such identity". */
const NO_IDENTITY = 63;
/** … for "that certificate was revoked before". */
const ALREADY_REVOKED = 66;

const Enrolled = v.object({ Cert: v.string() });
const Info = v.object({ CAName: v.string(), CAChain: v.string() });
const KnownIdentity = v.object({
  id: v.string(),
  type: v.string(),
  attrs: v.optional(v.nullable(v.array(v.object({ name: v.string(), value: v.string() })))),
  max_enrollments: v.optional(v.number(), 0),
});
const Identities = v.object({ identities: v.array(KnownIdentity) });
const Certificates = v.object({ certs: v.array(v.object({ PEM: v.string() })) });
const RevocationList = v.object({ CRL: v.string() });

/** An identity as the CA knows it. */
export interface CaIdentity {
  id: string;
  type: string;
  attributes: Readonly<Record<string, string>>;
}

/** One certificate by its serial number and its issuer's key identifier, or all of an identity. */
export type RevocationSubject = { id: string } | { serial: string; aki: string };

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function identityOf({ id, type, attrs }: v.InferOutput<typeof KnownIdentity>): CaIdentity {
  const attributes = Object.fromEntries((attrs ?? []).map(({ name, value }) => [name, value]));
  return { id, type, attributes };
}

/** The CA's own form of a registration, but for the ID. */
function wireForm({ type, secret, attributes, maxEnrolments }: Registration): object {
  const limit = { max_enrollments: maxEnrolments ?? UNLIMITED };
  return { type, secret, ...limit, affiliation: '', attrs: attributes };
}

export class CaClient {
  readonly #connection: CaConnection;

  /** @param trust - PEM of the root that the server's own certificate leads to */
  constructor(url: string, trust: string, name: CaName, signal?: AbortSignal) {
    this.#connection = new CaConnection(url, trust, name, signal);
  }

  /** The CA's own certificate, PEM. Open to anybody. */
  async caCertificate(): Promise<string> {
    const answer = await this.#connection.open(`/cainfo?ca=${this.#connection.name}`);
    return fromBase64(this.#connection.read(Info, answer, 'tell its certificate').CAChain);
  }

  /** Exchanges a name and a one-time secret for a certificate, PEM. */
  async enroll(id: string, secret: string, csr: string): Promise<string> {
    const request = { certificate_request: csr };
    const answer = await this.#connection.withSecret('/api/v1/enroll', id, secret, request);
    return fromBase64(this.#connection.read(Enrolled, answer, `enrol ${id}`).Cert);
  }

  /**
   * Makes the identity known with a secret.
   *
   * @param registrar - enrolled at this CA, with the right to register
   * @returns `false` where the CA knows one of that name, which it leaves as it is
   */
  async registerNew(registrar: Credentials, identity: Registration): Promise<boolean> {
    const path = '/api/v1/identities';
    const request = { id: identity.id, ...wireForm(identity) };
    const answer = await this.#connection.signed(registrar, 'POST', path, request);
    if (refusalIn(answer)?.code === ALREADY_REGISTERED) return false;
    this.#connection.requireDone(answer, `register ${identity.id}`);
    return true;
  }

  /** Gives a known identity a new secret, type, limit and attributes. */
  async change(registrar: Credentials, identity: Registration): Promise<void> {
    const path = `/api/v1/identities/${encodeURIComponent(identity.id)}`;
    const answer = await this.#connection.signed(registrar, 'PUT', path, wireForm(identity));
    this.#connection.requireDone(answer, `register ${identity.id}`);
  }

  /** {@link registerNew}, or {@link change}: an interrupted enrolment can be done again. */
  async register(registrar: Credentials, identity: Registration): Promise<void> {
    if (await this.registerNew(registrar, identity)) return;
    await this.change(registrar, identity);
  }

  /** `null` where the CA knows nobody of that name. */
  async identity(registrar: Credentials, id: string): Promise<CaIdentity | null> {
    const path = `/api/v1/identities/${encodeURIComponent(id)}?ca=${this.#connection.name}`;
    const answer = await this.#connection.signedGet(registrar, path);
    if (refusalIn(answer)?.code === NO_IDENTITY) return null;
    return identityOf(this.#connection.read(KnownIdentity, answer, `tell about ${id}`));
  }

  async identities(registrar: Credentials): Promise<CaIdentity[]> {
    const path = `/api/v1/identities?ca=${this.#connection.name}`;
    const answer = await this.#connection.signedGet(registrar, path);
    const { identities } = this.#connection.read(Identities, answer, 'list its identities');
    return identities.map(identityOf);
  }

  /** PEM of every certificate that the CA issued, those too that have ended. */
  async certificates(
    registrar: Credentials,
    filter: { id?: string; notRevoked?: boolean } = {},
  ): Promise<string[]> {
    const query = new URLSearchParams({ ca: this.#connection.name });
    if (filter.id !== undefined) query.set('id', filter.id);
    if (filter.notRevoked === true) query.set('notrevoked', 'true');
    const path = `/api/v1/certificates?${query.toString()}`;
    const answer = await this.#connection.signedGet(registrar, path);
    const { certs } = this.#connection.read(Certificates, answer, 'list its certificates');
    return certs.map(({ PEM }) => PEM);
  }

  /** Revokes; an identity that is revoked can not enrol any more either. Safe to repeat. */
  async revoke(registrar: Credentials, subject: RevocationSubject, reason: string): Promise<void> {
    const request = { ...subject, reason };
    const answer = await this.#connection.signed(registrar, 'POST', '/api/v1/revoke', request);
    if (refusalIn(answer)?.code === ALREADY_REVOKED) return;
    const what = 'id' in subject ? subject.id : `certificate ${subject.serial}`;
    this.#connection.requireDone(answer, `revoke ${what}`);
  }

  /** A fresh list of all that was ever revoked, PEM. */
  async revocationList(registrar: Credentials): Promise<string> {
    const answer = await this.#connection.signed(registrar, 'POST', '/api/v1/gencrl', {});
    return fromBase64(this.#connection.read(RevocationList, answer, 'list what it revoked').CRL);
  }
}
