import { setTimeout as delay } from 'node:timers/promises';
import type { ContractService } from '@emr-share/chaincode';
import {
  canonicalBytes,
  EmrError,
  encodeWireError,
  implicitCollection,
  type AuditEntry,
} from '@emr-share/model';
import type { ChaincodeStub } from 'fabric-shim';
import type { ChaincodeFactory } from '../../src/organization.js';

type ToyFunction = (
  stub: ChaincodeStub,
  args: string[],
  service: ContractService,
) => Promise<string>;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

async function keysIn(stub: ChaincodeStub, start: string, end: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of stub.getStateByRange(start, end)) keys.push(key);
  return keys;
}

/** Functions that exercise the ledger and mean nothing. */
const FUNCTIONS: Readonly<Record<string, ToyFunction>> = {
  get: async (stub, [key = '']) => text(await stub.getState(key)),
  put: async (stub, [key = '', value = '']) => {
    await stub.putState(key, Buffer.from(value));
    return value;
  },
  putAndGet: async (stub, [key = '', value = '']) => {
    await stub.putState(key, Buffer.from(value));
    return text(await stub.getState(key));
  },
  delete: async (stub, [key = '']) => {
    await stub.deleteState(key);
    return '';
  },
  /** Reads, then writes: two at once conflict. */
  append: async (stub, [key = '', value = '']) => {
    const whole = text(await stub.getState(key)) + value;
    await stub.putState(key, Buffer.from(whole));
    return whole;
  },
  /** As append, with time for others to come between. */
  slowAppend: async (stub, [key = '', value = '']) => {
    const whole = text(await stub.getState(key)) + value;
    await delay(100);
    await stub.putState(key, Buffer.from(whole));
    return whole;
  },
  range: async (stub, [start = '', end = '']) => (await keysIn(stub, start, end)).join(),
  /** Reads a range, then writes: conflicts with whoever adds to the range. */
  count: async (stub, [start = '', end = '', key = '']) => {
    const { length } = await keysIn(stub, start, end);
    await stub.putState(key, Buffer.from(String(length)));
    return String(length);
  },
  /** Takes the first key of a range only. */
  first: async (stub, [start = '', end = '', key = '']) => {
    const iterator = await stub.getStateByRange(start, end);
    const { value } = await iterator.next();
    await iterator.close();
    await stub.putState(key, Buffer.from(value.key));
    return value.key;
  },
  page: async (stub, [start = '', end = '', size = '', bookmark = '']) => {
    const pages = stub.getStateByRangeWithPagination(start, end, Number(size), bookmark);
    const { metadata } = await pages;
    const keys: string[] = [];
    for await (const { key } of pages) keys.push(key);
    return JSON.stringify({ keys, ...metadata });
  },
  pageAndPut: async (stub, [start = '', end = '']) => {
    await stub.getStateByRangeWithPagination(start, end, 1);
    await stub.putState('x', Buffer.from('x'));
    return '';
  },
  composite: async (stub, [type = '', ...parts]) => {
    await stub.putState(stub.createCompositeKey(type, parts), Buffer.from('1'));
    return '';
  },
  compositePage: async (stub, [type = '', part = '', size = '', bookmark = '']) => {
    const { iterator, metadata } = await stub.getStateByPartialCompositeKeyWithPagination(
      type,
      [part],
      Number(size),
      bookmark,
    );
    const keys: string[] = [];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      keys.push(stub.splitCompositeKey(next.value.key).attributes.join('/'));
    }
    await iterator.close();
    return JSON.stringify({ keys, bookmark: metadata.bookmark });
  },
  /** Stores the transient field `value`; the response says nothing of it. */
  putPrivate: async (stub, [mspId = '', key = '']) => {
    const value = stub.getTransient().get('value') ?? Buffer.alloc(0);
    await stub.putPrivateData(implicitCollection(mspId), key, value);
    return '';
  },
  putBoth: async (stub, [mspId = '', key = '']) => {
    await stub.putPrivateData(implicitCollection(mspId), key, Buffer.from('private'));
    await stub.putState(key, Buffer.from('public'));
    return '';
  },
  getPrivate: async (stub, [mspId = '', key = '']) =>
    text(await stub.getPrivateData(implicitCollection(mspId), key)),
  hash: async (stub, [mspId = '', key = '']) =>
    Buffer.from(await stub.getPrivateDataHash(implicitCollection(mspId), key)).toString('hex'),
  deletePrivate: async (stub, [mspId = '', key = '']) => {
    await stub.deletePrivateData(implicitCollection(mspId), key);
    return '';
  },
  purge: async (stub, [mspId = '', key = '']) => {
    await stub.purgePrivateData(implicitCollection(mspId), key);
    return '';
  },
  event: async (stub, [actor = '']) => {
    const entry: AuditEntry = {
      type: 'policy.published',
      at: stub.getTxTimestamp().seconds.toNumber() * 1000,
      transactionId: stub.getTxID(),
      actor,
      mspId: stub.getCreator().mspid,
    };
    stub.setEvent(entry.type, canonicalBytes(entry));
    await stub.putState(`event-${actor}`, Buffer.from(actor));
    return '';
  },
  who: (stub) => Promise.resolve(`${stub.getCreator().mspid} at ${stub.getMspID()}`),
  refuse: () => Promise.reject(new EmrError('USER_NOT_FOUND', { userId: 'nobody' })),
  crash: () => Promise.reject(new TypeError('a mistake')),
};

/** A function in place of another, at one organization: what a modified contract does. */
export interface Modification {
  readonly mspId: string;
  readonly functions: Readonly<Record<string, ToyFunction>>;
}

/** Chaincode whose functions are called by name, with string arguments. */
export function toyChaincode(modification?: Modification): ChaincodeFactory {
  return (service) => {
    const functions =
      service.mspId === modification?.mspId
        ? { ...FUNCTIONS, ...modification.functions }
        : FUNCTIONS;
    const invoke = async (stub: ChaincodeStub) => {
      const { fcn, params } = stub.getFunctionAndParameters();
      try {
        const work = functions[fcn];
        if (work === undefined) throw new Error(`no function ${fcn}`);
        return { status: 200, payload: Buffer.from(await work(stub, params, service)) };
      } catch (error) {
        const message = EmrError.is(error) ? encodeWireError(error) : (error as Error).message;
        return { status: 500, message };
      }
    };
    return { Init: invoke, Invoke: invoke };
  };
}
