/**
 * The end of a soak: what every peer's ledger says about the acknowledged transactions.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash, type Gateway } from '@hyperledger/fabric-gateway';
import { common, peer as protos } from '@hyperledger/fabric-protos';
import type { FabricConsortium } from '@emr-share/cli/consortium';
import { connectionProfiles } from '@emr-share/network';

export interface PeerLedger {
  readonly peer: string;
  readonly height: number;
  readonly blockHash: string;
  /** Of the acknowledged transactions, those that this ledger has and found valid. */
  readonly valid: number;
  /** Acknowledged and not there, or not valid. */
  readonly lost: readonly string[];
}

const LEVEL_LIMIT_MS = 60_000;
const POLL_MS = 500;

interface Peer {
  readonly name: string;
  readonly client: Client;
  readonly gateway: Gateway;
}

async function openPeers(consortium: FabricConsortium): Promise<Peer[]> {
  const profiles = await connectionProfiles(consortium.dir);
  const [mspId = ''] = consortium.organizations;
  const { identity } = await consortium.admin(mspId);
  const peers = Object.assign(
    {},
    ...Object.values(profiles).map((profile) => profile.peers),
  ) as (typeof profiles)[string]['peers'];
  return Object.entries(peers).map(([name, { url, tlsCACerts, grpcOptions }]) => {
    const override = grpcOptions?.['ssl-target-name-override'];
    const client = new Client(
      url.replace(/^grpcs:\/\//, ''),
      credentials.createSsl(Buffer.from(tlsCACerts.pem)),
      override === undefined ? {} : { 'grpc.ssl_target_name_override': override },
    );
    const gateway = connect({
      client,
      identity: { mspId, credentials: Buffer.from(identity.certificatePem) },
      signer: (digest) => identity.sign(digest),
      hash: hash.sha256,
    });
    return { name, client, gateway };
  });
}

async function chainInfo(
  { gateway }: Peer,
  channel: string,
): Promise<Pick<PeerLedger, 'height' | 'blockHash'>> {
  const system = gateway.getNetwork(channel).getContract('qscc');
  const bytes = await system.evaluate('GetChainInfo', { arguments: [channel] });
  const info = common.BlockchainInfo.deserializeBinary(bytes);
  return {
    height: info.getHeight(),
    blockHash: Buffer.from(info.getCurrentblockhash_asU8()).toString('hex'),
  };
}

/** Waits until all peers have as many blocks. */
async function levelHeight(peers: readonly Peer[], channel: string): Promise<number> {
  const deadline = Date.now() + LEVEL_LIMIT_MS;
  for (;;) {
    const heights = await Promise.all(
      peers.map(async (peer) => (await chainInfo(peer, channel)).height),
    );
    const highest = Math.max(...heights);
    if (heights.every((height) => height === highest)) return highest;
    if (Date.now() > deadline) {
      throw new Error(`the peers' ledgers differ in length: ${heights.join(', ')}`);
    }
    await delay(POLL_MS);
  }
}

async function validIn(peer: Peer, channel: string, height: number): Promise<Set<string>> {
  const valid = new Set<string>();
  const blocks = await peer.gateway.getNetwork(channel).getFilteredBlockEvents({ startBlock: 0n });
  try {
    for await (const block of blocks) {
      for (const transaction of block.getFilteredTransactionsList()) {
        if (transaction.getTxValidationCode() === protos.TxValidationCode.VALID) {
          valid.add(transaction.getTxid());
        }
      }
      if (block.getNumber() >= height - 1) break;
    }
  } finally {
    blocks.close();
  }
  return valid;
}

/** Reads the whole ledger of every peer, once they are level. */
export async function verifyPeers(
  consortium: FabricConsortium,
  channel: string,
  acknowledged: readonly string[],
): Promise<PeerLedger[]> {
  const peers = await openPeers(consortium);
  try {
    const height = await levelHeight(peers, channel);
    const ledgers: PeerLedger[] = [];
    for (const peer of peers) {
      const valid = await validIn(peer, channel, height);
      const lost = acknowledged.filter((id) => !valid.has(id));
      const { blockHash } = await chainInfo(peer, channel);
      const found = acknowledged.length - lost.length;
      ledgers.push({ peer: peer.name, height, blockHash, valid: found, lost });
    }
    return ledgers;
  } finally {
    for (const { gateway, client } of peers) {
      gateway.close();
      client.close();
    }
  }
}
