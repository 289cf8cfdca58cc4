import { describe, expect, it } from '@jest/globals';
import {
  readServerEnvironment,
  readServiceEnvironment,
  type Environment,
} from '../src/service/environment.js';
import { ServiceError } from '../src/service/service-error.js';

const SERVICE = { CORE_PEER_LOCALMSPID: 'HospAMSP', EMR_CUSTODIAN_KEY_FILE: 'custodian.json' };
const LOOPBACK = {
  ...SERVICE,
  CORE_CHAINCODE_ID_NAME: 'emr:1',
  CHAINCODE_SERVER_ADDRESS: '127.0.0.1:9999',
  EMR_CHAINCODE_INSECURE: 'loopback',
};
const { EMR_CHAINCODE_INSECURE: _insecure, ...SERVED } = LOOPBACK;
const TLS = {
  ...SERVED,
  CHAINCODE_SERVER_ADDRESS: '0.0.0.0:9999',
  CHAINCODE_TLS_KEY_FILE: 'key',
  CHAINCODE_TLS_CERT_FILE: 'cert',
  CHAINCODE_TLS_CLIENT_CACERT_FILE: 'ca',
};

const expectRefused = (environment: Environment): void => {
  expect(() => readServerEnvironment(environment)).toThrow(ServiceError);
};

describe('the environment of the service', () => {
  it('is read for mutual TLS', () => {
    expect(readServerEnvironment(TLS)).toEqual({
      mspId: 'HospAMSP',
      custodianKeyFile: 'custodian.json',
      chaincodeId: 'emr:1',
      address: '0.0.0.0:9999',
      tls: { key: 'key', cert: 'cert', clientCACerts: 'ca' },
    });
  });

  it.each(Object.keys(TLS))('is refused without %s', (name) => {
    expect(() => readServerEnvironment({ ...TLS, [name]: '' })).toThrow(`${name} is not set`);
  });

  it.each(['127.0.0.1:1', '127.1.2.3:65535', 'localhost:9999', '[::1]:9999'])(
    'may do without TLS on %s',
    (address) => {
      const environment = { ...LOOPBACK, CHAINCODE_SERVER_ADDRESS: address };
      expect(readServerEnvironment(environment)).toMatchObject({ address, tls: null });
    },
  );

  it.each(['0.0.0.0:9999', '10.0.0.1:9999', 'localhost.example:9999', '[::]:9999', '127.0.0.1'])(
    'may not do without TLS on %s',
    (address) => {
      expectRefused({ ...LOOPBACK, CHAINCODE_SERVER_ADDRESS: address });
    },
  );

  it('takes no other word for doing without TLS, and no TLS file beside it', () => {
    expectRefused({ ...LOOPBACK, EMR_CHAINCODE_INSECURE: 'yes' });
    expectRefused({ ...LOOPBACK, CHAINCODE_TLS_KEY_FILE: 'key' });
  });

  it.each(['9999', 'host:', 'host:0', 'host:65536', 'host:1:2', 'http://host:1'])(
    'is refused with the address %s',
    (address) => {
      expectRefused({ ...TLS, CHAINCODE_SERVER_ADDRESS: address });
    },
  );

  it('is read for the contracts alone', () => {
    expect(readServiceEnvironment(SERVICE)).toEqual({
      mspId: 'HospAMSP',
      custodianKeyFile: 'custodian.json',
    });
    expect(() => readServiceEnvironment({})).toThrow(ServiceError);
  });
});
