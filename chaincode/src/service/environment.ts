/**
 * The environment of the contract service: Fabric's own variables for chaincode as a service, and
 * two of ours.
 *
 * @module
 */
import type { MspId } from '@emr-share/model';
import { ServiceError } from './service-error.js';

/** Variables and what they say. */
const VARIABLES = {
  CORE_PEER_LOCALMSPID: 'MSP ID of the organization that this service endorses for',
  EMR_CUSTODIAN_KEY_FILE: 'file of the custodian key; made at the first start',
  CORE_CHAINCODE_ID_NAME: 'package ID, as the peer knows the installed chaincode',
  CHAINCODE_SERVER_ADDRESS: 'host:port to listen on',
  CHAINCODE_TLS_KEY_FILE: 'private key of the server, PEM',
  CHAINCODE_TLS_CERT_FILE: 'certificate of the server, PEM',
  CHAINCODE_TLS_CLIENT_CACERT_FILE: 'CA of the peers that may connect, PEM',
} as const;

type Variable = keyof typeof VARIABLES;

const SERVICE = ['CORE_PEER_LOCALMSPID', 'EMR_CUSTODIAN_KEY_FILE'] as const;
const SERVER = ['CORE_CHAINCODE_ID_NAME', 'CHAINCODE_SERVER_ADDRESS'] as const;
const TLS = [
  'CHAINCODE_TLS_KEY_FILE',
  'CHAINCODE_TLS_CERT_FILE',
  'CHAINCODE_TLS_CLIENT_CACERT_FILE',
] as const;

/** Serving without TLS: `EMR_CHAINCODE_INSECURE=loopback`, on a loopback address only. */
const INSECURE = 'EMR_CHAINCODE_INSECURE';
const LOOPBACK = /^(?:127(?:\.[0-9]{1,3}){3}|localhost|\[::1\]):/;
const ADDRESS = /^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})$/;
const LAST_PORT = 65_535;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the contracts need. */
export interface ServiceEnvironment {
  readonly mspId: MspId;
  readonly custodianKeyFile: string;
}

/** PEM files for mutual TLS. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  readonly clientCACerts: string;
}

/** What the server needs in addition. */
export interface ServerEnvironment extends ServiceEnvironment {
  readonly chaincodeId: string;
  readonly address: string;
  /** `null`: without TLS, on loopback. */
  readonly tls: TlsFiles | null;
}

/** @throws ServiceError that names every variable which is missing or wrong. */
export function readServiceEnvironment(environment: Environment): ServiceEnvironment {
  return checked(environment, SERVICE, ({ CORE_PEER_LOCALMSPID, EMR_CUSTODIAN_KEY_FILE }) => ({
    mspId: CORE_PEER_LOCALMSPID,
    custodianKeyFile: EMR_CUSTODIAN_KEY_FILE,
  }));
}

/** @throws ServiceError that names every variable which is missing or wrong. */
export function readServerEnvironment(environment: Environment): ServerEnvironment {
  const withoutTls = isWithoutTls(environment);
  const needed = [...SERVICE, ...SERVER, ...(withoutTls ? [] : TLS)];
  return checked(environment, needed, (values) => ({
    ...readServiceEnvironment(environment),
    chaincodeId: values.CORE_CHAINCODE_ID_NAME,
    address: values.CHAINCODE_SERVER_ADDRESS,
    tls: withoutTls
      ? null
      : {
          key: values.CHAINCODE_TLS_KEY_FILE,
          cert: values.CHAINCODE_TLS_CERT_FILE,
          clientCACerts: values.CHAINCODE_TLS_CLIENT_CACERT_FILE,
        },
  }));
}

function isWithoutTls(environment: Environment): boolean {
  const insecure = environment[INSECURE] ?? '';
  if (insecure === '') return false;
  if (insecure !== 'loopback') {
    throw new ServiceError(`${INSECURE} has one value only, loopback; leave it out for TLS`);
  }
  if (TLS.some((name) => isSet(environment, name))) {
    throw new ServiceError(`${INSECURE} is set, and so is a TLS file; leave out one of them`);
  }
  if (!LOOPBACK.test(environment['CHAINCODE_SERVER_ADDRESS'] ?? '')) {
    throw new ServiceError(
      `${INSECURE}=loopback needs CHAINCODE_SERVER_ADDRESS on 127.0.0.1, [::1] or localhost`,
    );
  }
  return true;
}

function checked<T>(
  environment: Environment,
  needed: readonly Variable[],
  read: (values: Readonly<Record<Variable, string>>) => T,
): T {
  const problems = needed.flatMap((name) => problemOf(environment, name));
  if (problems.length === 0) return read(environment as Record<Variable, string>);
  throw new ServiceError(
    ['the environment of the contract service is not complete:', ...problems].join('\n  '),
  );
}

function problemOf(environment: Environment, name: Variable): string[] {
  const value = environment[name] ?? '';
  if (value === '') return [`${name} is not set: ${VARIABLES[name]}`];
  return isWellFormed(name, value) ? [] : [`${name} is out of form: ${VARIABLES[name]}`];
}

function isWellFormed(name: Variable, value: string): boolean {
  if (name === 'CORE_PEER_LOCALMSPID') return /^[A-Za-z][A-Za-z0-9.-]{0,63}$/.test(value);
  if (name !== 'CHAINCODE_SERVER_ADDRESS') return true;
  const port = Number(ADDRESS.exec(value)?.[1]);
  return port >= 1 && port <= LAST_PORT;
}

function isSet(environment: Environment, name: string): boolean {
  return (environment[name] ?? '') !== '';
}
