/**
 * What makes a contract service lie, loaded before it (`node --import`): every public value that the
 * honest contracts would write is altered, and so is every re-encryption that they answer.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

interface Stub {
  getFunctionAndParameters(): { readonly fcn: string };
  putState(key: string, value: Uint8Array): Promise<void>;
}

interface Response {
  readonly status: number;
  readonly payload?: Uint8Array;
}

interface Chaincode {
  Init(stub: Stub): Promise<Response>;
  Invoke(stub: Stub): Promise<Response>;
}

interface Shim {
  server(chaincode: Chaincode, options: unknown): unknown;
}

function altered(bytes: Uint8Array, alter: (value: object) => object): Uint8Array {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString());
  return typeof value === 'object' && value !== null
    ? Buffer.from(JSON.stringify(alter(value)))
    : bytes;
}

/** A point's sign or a scalar's last bit: well-formed as often as not, and never right. */
function withWrongCfrag(answer: object): object {
  if (!('cfrag' in answer) || typeof answer.cfrag !== 'string') return answer;
  const last = Number.parseInt(answer.cfrag.slice(-1), 16) ^ 1;
  return { ...answer, cfrag: `${answer.cfrag.slice(0, -1)}${last.toString(16)}` };
}

class Liar implements Chaincode {
  readonly #honest: Chaincode;

  constructor(honest: Chaincode) {
    this.#honest = honest;
  }

  Init(stub: Stub): Promise<Response> {
    return this.#honest.Init(stub);
  }

  async Invoke(stub: Stub): Promise<Response> {
    const { fcn } = stub.getFunctionAndParameters();
    const putState = stub.putState.bind(stub);
    stub.putState = (key, value) =>
      putState(
        key,
        altered(value, (fact) => ({ ...fact, forged: true })),
      );
    const response = await this.#honest.Invoke(stub);
    if (fcn !== 'access:Reencrypt' || response.payload === undefined) return response;
    return { ...response, payload: altered(response.payload, withWrongCfrag) };
  }
}

/** fabric-shim as the service itself loads it: one module, whoever asks for it. */
const [, service = ''] = process.argv;
const shim = createRequire(pathToFileURL(service))('fabric-shim') as { Shim: Shim };
const serve = shim.Shim.server.bind(shim.Shim);
shim.Shim.server = (chaincode, options) => serve(new Liar(chaincode), options);
