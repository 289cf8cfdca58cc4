import { createVerify, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CaName } from '../../src/ca/ca-client.js';
import type { TestCa } from './certificates.js';

interface Call {
  method: string;
  url: string;
  authorization: string;
  body: string;
  ca: CaName;
  fields: Record<string, unknown>;
}
interface Answer {
  status: number;
  json: object;
}
interface Registered {
  secret: string;
  type: string;
  attrs: unknown;
}

const ALREADY_REGISTERED = 74;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function ok(result: object): Answer {
  return { status: 200, json: { success: true, result, errors: [] } };
}

function refusal(status: number, code: number, message: string): Answer {
  return { status, json: { success: false, result: '', errors: [{ code, message }] } };
}

/** As `util.VerifyToken` of fabric-ca. */
export function tokenVerifies(token: string, method: string, url: string, body: string): boolean {
  const [certificate = '', signature = ''] = token.split('.');
  const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
  return createVerify('sha256')
    .update([method, base64(url), base64(body), certificate].join('.'))
    .verify(publicKey, Buffer.from(signature, 'base64'));
}

/** Answers as a Fabric CA server does, with the two CAs of an organization in it. */
export class FakeCaServer {
  /** `CA/ID` → what it was registered with last. The registrar is there from the start. */
  readonly registered = new Map<string, Registered>();
  readonly calls: string[] = [];
  readonly #cas: Record<CaName, TestCa>;
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status, json }) =>
      response.writeHead(status).end(JSON.stringify(json)),
    );
  });

  constructor(cas: Record<CaName, TestCa>, registrarSecret: string) {
    this.#cas = cas;
    for (const ca of ['ca', 'tlsca']) {
      const registrar = { secret: registrarSecret, attrs: [], type: 'client' };
      this.registered.set(`${ca}/registrar`, registrar);
    }
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  stop(): void {
    this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const fields = JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>;
    const [method, url] = [request.method ?? '', request.url ?? ''];
    const asked = new URL(url, 'http://localhost').searchParams.get('ca');
    const ca = (asked ?? fields['caname']) as CaName;
    this.calls.push(`${method} ${url.split('?')[0] ?? ''} ${ca}`);
    const { authorization = '' } = request.headers;
    const call = { method, url, authorization, body, ca, fields };
    if (asked !== null) return ok({ CAName: ca, CAChain: base64(this.#cas[ca].pem) });
    return url === '/api/v1/enroll' ? this.#enroll(call) : this.#register(call);
  }

  async #enroll({ authorization, ca, fields }: Call): Promise<Answer> {
    const basic = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
    const [id = '', secret] = basic.split(':');
    if (this.registered.get(`${ca}/${id}`)?.secret !== secret) {
      return refusal(401, 20, 'Authentication failure');
    }
    const certificate = await this.#cas[ca].sign(String(fields['certificate_request']));
    return ok({ Cert: base64(certificate) });
  }

  #register({ authorization, method, url, body, ca, fields }: Call): Answer {
    if (!tokenVerifies(authorization, method, url, body)) return refusal(401, 21, 'bad token');
    const isNew = method === 'POST';
    const key = `${ca}/${String(isNew ? fields['id'] : url.split('/').at(-1))}`;
    if (isNew && this.registered.has(key)) {
      return refusal(400, ALREADY_REGISTERED, 'already registered');
    }
    const { secret, type, attrs } = fields;
    this.registered.set(key, { secret: String(secret), type: String(type), attrs });
    return ok({});
  }
}
