/** The dispatcher of fabric-shim, for which it ships no types. */
declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract.js' {
  import type { ChaincodeInterface, ChaincodeResponse, ChaincodeStub } from 'fabric-shim-api';

  interface Serializers {
    readonly transaction: string;
    readonly serializers: Readonly<Record<string, new () => unknown>>;
  }

  export default class ChaincodeFromContract implements ChaincodeInterface {
    constructor(
      contractClasses: (new () => unknown)[],
      serializers: Serializers,
      metadata?: object,
      title?: string,
      version?: string,
    );
    Init(stub: ChaincodeStub): Promise<ChaincodeResponse>;
    Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse>;
  }
}
