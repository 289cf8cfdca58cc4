import { describe, expect, it } from '@jest/globals';
import { decodeWireError } from '@emr-share/model';
import type { ChaincodeInterface, ChaincodeStub } from '../src/fabric.js';
import { InFlight } from '../src/service/in-flight.js';

const stub = {} as ChaincodeStub;

/** A chaincode that answers when it is told to. */
function slow(): { chaincode: ChaincodeInterface; answer: () => void } {
  let answer = (): void => undefined;
  const answered = new Promise<{ status: number }>((resolve) => {
    answer = () => {
      resolve({ status: 200 });
    };
  });
  return { chaincode: { Init: () => answered, Invoke: () => answered }, answer };
}

describe('InFlight', () => {
  it('passes calls on', async () => {
    const { chaincode, answer } = slow();
    const inFlight = new InFlight(chaincode, 'HospAMSP');
    answer();
    expect(await inFlight.Invoke(stub)).toEqual({ status: 200 });
    expect(await inFlight.Init(stub)).toEqual({ status: 200 });
  });

  it('waits at its close for what runs', async () => {
    const { chaincode, answer } = slow();
    const inFlight = new InFlight(chaincode, 'HospAMSP');
    const order: string[] = [];
    const call = inFlight.Invoke(stub).then(() => order.push('answered'));
    const closed = inFlight.close(10_000).then(() => order.push('closed'));
    answer();
    await Promise.all([call, closed]);
    expect(order).toEqual(['answered', 'closed']);
  });

  it('does not wait for ever, and not at all when nothing runs', async () => {
    const idle = new InFlight(slow().chaincode, 'HospAMSP');
    await idle.close(10_000);
    const busy = new InFlight(slow().chaincode, 'HospAMSP');
    void busy.Invoke(stub);
    await busy.close(1);
    expect((await busy.Invoke(stub)).status).toBe(500);
  });

  it('refuses new calls with a code that tells clients to go elsewhere', async () => {
    const inFlight = new InFlight(slow().chaincode, 'HospAMSP');
    await inFlight.close(0);
    const { status, message = '' } = await inFlight.Invoke(stub);
    expect(status).toBe(500);
    expect(decodeWireError(message)).toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      details: { endpoint: 'HospAMSP' },
    });
  });
});
