/** The real network, as the suite of ledgers wants it. */
import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signers } from '@hyperledger/fabric-gateway';
import type { Identity } from '@emr-share/gateway-client';
import { FabricLedger, type GatewayEndpoint } from '@emr-share/gateway-client/fabric';
import {
  connectionProfiles,
  down,
  enrolUser,
  hospitals,
  loadTopology,
  up,
  type ConnectionProfile,
} from '@emr-share/network';
import type { LedgerHarness } from '../../../test/suites/ledger.suite.js';

const CONTRACT = fileURLToPath(new URL('../../../chaincode/dist/service/main.js', import.meta.url));

/** A hospital of a running network. */
interface Hospital {
  readonly mspId: string;
  readonly gateways: readonly GatewayEndpoint[];
  readonly enrol: (userId: string, role: string) => Promise<Identity>;
}

/**
 * The network in the folder `EMR_NETWORK_DIR`, which is left running, or one of its own on ports from
 * `EMR_NETWORK_PORT` (31000) on, which is removed afterwards.
 */
export async function openRealNetwork(): Promise<LedgerHarness> {
  const { EMR_NETWORK_DIR: running } = process.env;
  const dir = running ?? (await startNetwork());
  const found = await hospitalsIn(dir);
  const of = (mspId: string): Hospital => {
    const hospital = found.find((one) => one.mspId === mspId);
    if (hospital === undefined) throw new Error(`no hospital ${mspId}`);
    return hospital;
  };
  const ledgers: FabricLedger[] = [];
  return {
    organizations: found.map(({ mspId }) => mspId),
    enrol: (mspId, { userId, role }) => of(mspId).enrol(userId, role),
    ledger: (identity) => {
      const { gateways } = of(identity.mspId);
      const ledger = new FabricLedger({ identity, gateways });
      ledgers.push(ledger);
      return ledger;
    },
    close: async () => {
      for (const ledger of ledgers) ledger.close();
      if (running === undefined) await down(dir, { purge: true });
    },
  };
}

async function startNetwork(): Promise<string> {
  if (!existsSync(CONTRACT)) throw new Error('the contract is not built: npm run build');
  const dir = await mkdtemp(join(tmpdir(), 'emr-network-'));
  const basePort = Number(process.env['EMR_NETWORK_PORT'] ?? 31_000);
  const topology = await loadTopology('dev', { basePort });
  await up(topology, { dir, contract: { command: [process.execPath, CONTRACT] } });
  return dir;
}

async function hospitalsIn(dir: string): Promise<Hospital[]> {
  const profiles = await connectionProfiles(dir);
  return hospitals(await loadTopology('dev')).map(({ name, mspId }) => ({
    mspId,
    gateways: gatewaysOf(profiles[name]!),
    enrol: async (userId, role) => {
      const { certificate, key } = await enrolUser(dir, name, { userId, role });
      const sign = signers.newPrivateKeySigner(createPrivateKey(key));
      return { mspId, certificatePem: certificate, sign };
    },
  }));
}

function gatewaysOf({ peers }: ConnectionProfile): GatewayEndpoint[] {
  return Object.values(peers).map(({ url, tlsCACerts, grpcOptions }) => ({
    address: url.replace(/^grpcs:\/\//, ''),
    tlsRootPem: tlsCACerts.pem,
    serverName: grpcOptions?.['ssl-target-name-override'],
  }));
}
