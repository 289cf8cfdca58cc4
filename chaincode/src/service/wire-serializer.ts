/**
 * How answers become bytes.
 *
 * @module
 */
import { JSONSerializer } from '../fabric.js';

/**
 * fabric-contract-api's own serializer, except for objects: for those it calls a function that the
 * release of class-transformer it allows (0.4.1) does not have, so that the one answer that is an
 * object, the metadata of the contracts, fails with a TypeError.
 */
export class WireSerializer extends JSONSerializer {
  override toBuffer(result: unknown, schema: unknown, loggerPrefix?: string): Buffer {
    if (typeof result !== 'object' || result === null) {
      return super.toBuffer(result, schema, loggerPrefix);
    }
    return Buffer.from(JSON.stringify(result));
  }
}

/** In the form that fabric-shim and `fabric-chaincode-node` take. */
export const serializers = {
  transaction: 'wireSerializer',
  serializers: { wireSerializer: WireSerializer },
};
