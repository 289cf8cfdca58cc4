/**
 * Counting the transactions that are running, so that a stop does not cut them off.
 *
 * @module
 */
import { EmrError, encodeWireError } from '@emr-share/model';
import type { ChaincodeInterface, ChaincodeStub } from '../fabric.js';

type Response = Awaited<ReturnType<ChaincodeInterface['Invoke']>>;

/** Passes calls on to a chaincode until it is closed; then lets those that run come to their end. */
export class InFlight implements ChaincodeInterface {
  readonly #chaincode: ChaincodeInterface;
  readonly #name: string;
  #running = 0;
  #closed = false;
  #whenIdle: (() => void) | undefined;

  /** @param name - What callers are told does not answer any more. */
  constructor(chaincode: ChaincodeInterface, name: string) {
    this.#chaincode = chaincode;
    this.#name = name;
  }

  Init(stub: ChaincodeStub): Promise<Response> {
    return this.#pass(() => this.#chaincode.Init(stub));
  }

  Invoke(stub: ChaincodeStub): Promise<Response> {
    return this.#pass(() => this.#chaincode.Invoke(stub));
  }

  /** Refuses new calls with `LEDGER_UNAVAILABLE`; resolves when none runs, or after `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    if (this.#running === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
  }

  async #pass(call: () => Promise<Response>): Promise<Response> {
    if (this.#closed) return refusal(this.#name);
    this.#running += 1;
    try {
      return await call();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#whenIdle?.();
    }
  }
}

function refusal(endpoint: string): Response {
  const message = encodeWireError(new EmrError('LEDGER_UNAVAILABLE', { endpoint }));
  return { status: 500, message };
}
