/**
 * The `peer` and `discover` programs as an organization's admin: joining, lifecycle, readiness.
 *
 * @module
 */
import * as v from 'valibot';
import { NetworkError } from '../errors.js';
import { endpoint, IDENTITIES, type NodeContext, organizationOf } from '../nodes/context.js';
import { type CommandOutput, runCommand } from '../process/run-command.js';
import { hospitals, type Node, type Organization } from '../topology/topology.js';
import { throughOrderers } from './through-orderers.js';

const LIMIT_MS = 90_000;

type Context = Pick<NodeContext, 'topology' | 'paths' | 'tools'>;

/** How a peer says that there is no approval, or only the hash of one. */
const NO_APPROVAL =
  /could not fetch approved chaincode definition|private data matching public hash version is not available/;

const Committed = v.object({
  sequence: v.number(),
  version: v.string(),
  /** MSP ID → whether it approved; by hashes, which every peer has. */
  approvals: v.record(v.string(), v.boolean()),
});
const Approval = v.object({
  sequence: v.number(),
  source: v.object({
    Type: v.object({ LocalPackage: v.optional(v.object({ package_id: v.string() })) }),
  }),
});
const Approvals = v.object({ approvals: v.record(v.string(), v.boolean()) });
const Installed = v.object({
  installed_chaincodes: v.optional(v.array(v.object({ package_id: v.string() })), []),
});
const Plan = v.array(
  v.object({
    EndorsersByGroups: v.record(v.string(), v.array(v.object({ Endpoint: v.string() }))),
  }),
);

/** What the channel has agreed to run. */
export type CommittedContract = v.InferOutput<typeof Committed>;

/** One organization's admin at one of its peers. */
export class PeerCli {
  readonly #context: Context;
  readonly #peer: Node<'peer'>;
  readonly #organization: Organization;
  readonly #signal: AbortSignal | undefined;

  constructor(context: Context, peer: Node<'peer'>, signal?: AbortSignal) {
    this.#context = context;
    this.#peer = peer;
    this.#organization = organizationOf(context.topology, peer.organization);
    this.#signal = signal;
  }

  async channels(): Promise<string[]> {
    const { stdout } = await this.run(['channel', 'list']);
    return stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.includes(':'));
  }

  async join(): Promise<void> {
    await this.run(['channel', 'join', '-b', this.#context.paths.genesisBlock]);
  }

  /** IDs of the packages that the peer has built. */
  async installed(): Promise<string[]> {
    const { stdout } = await this.#lifecycle(['queryinstalled', '--output', 'json']);
    const answer = v.parse(Installed, JSON.parse(stdout));
    return answer.installed_chaincodes.map(({ package_id }) => package_id);
  }

  async install(): Promise<void> {
    await this.#lifecycle(['install', this.#context.paths.packageFile]);
  }

  /** `null` where the channel has committed none of that name. */
  async committed(): Promise<CommittedContract | null> {
    try {
      const { stdout } = await this.#lifecycle([
        'querycommitted',
        ...this.#onChannel(),
        ...['--output', 'json'],
      ]);
      return v.parse(Committed, JSON.parse(stdout));
    } catch (error) {
      const undefinedYet =
        NetworkError.is(error, 'COMMAND_FAILED') && error.message.includes('not defined');
      if (undefinedYet) return null;
      throw error;
    }
  }

  /** What the organization approved last; `null` where it never did, or no peer of it knows any more. */
  async approval(): Promise<{ sequence: number; packageId: string | null } | null> {
    try {
      const query = ['queryapproved', ...this.#onChannel(), '--output', 'json'];
      const { stdout } = await this.#lifecycle(query);
      const { sequence, source } = v.parse(Approval, JSON.parse(stdout));
      return { sequence, packageId: source.Type.LocalPackage?.package_id ?? null };
    } catch (error) {
      const never = NetworkError.is(error, 'COMMAND_FAILED') && NO_APPROVAL.test(error.message);
      if (never) return null;
      throw error;
    }
  }

  /** MSP IDs of the organizations that have approved the topology's definition. */
  async approvals(): Promise<string[]> {
    const { stdout } = await this.#lifecycle([
      'checkcommitreadiness',
      ...this.#definition(),
      ...['--output', 'json'],
    ]);
    const { approvals } = v.parse(Approvals, JSON.parse(stdout));
    return Object.keys(approvals).filter((mspId) => approvals[mspId]);
  }

  /** Approves for the organization; the same again is no error. */
  async approve(packageId: string): Promise<void> {
    const approval = [...this.#definition(), '--package-id', packageId];
    try {
      await this.#ordered(['approveformyorg', ...approval]);
    } catch (error) {
      if (!(error instanceof NetworkError && error.message.includes('unchanged content')))
        throw error;
    }
  }

  /** Commits the definition, endorsed by a peer of every hospital. */
  async commit(): Promise<void> {
    const endorsers = hospitals(this.#context.topology).flatMap(({ name, peers: [first] }) =>
      first === undefined
        ? []
        : [
            ...['--peerAddresses', endpoint(first.address, first.ports.grpc)],
            ...['--tlsRootCertFiles', this.#context.paths.organization(name).tlsCaCertificate],
          ],
    );
    await this.#ordered(['commit', ...this.#definition(), ...endorsers]);
  }

  /** Endpoints of the peers that clients would be sent to for an endorsement. */
  async endorsers(): Promise<string[]> {
    const { topology, paths } = this.#context;
    const organization = paths.organization(this.#organization.name);
    const { certificate, key } = organization.user(IDENTITIES.admin);
    const args = [
      ...['--peerTLSCA', organization.tlsCaCertificate],
      ...['--userKey', key, '--userCert', certificate, '--MSP', this.#organization.mspId],
      ...['endorsers', '--channel', topology.channel, '--chaincode', topology.contract.name],
      ...['--server', endpoint(this.#peer.address, this.#peer.ports.grpc)],
    ];
    const { stdout } = await this.#command('discover', args);
    const groups = v
      .parse(Plan, JSON.parse(stdout))
      .flatMap(({ EndorsersByGroups }) => Object.values(EndorsersByGroups).flat());
    return [...new Set(groups.map(({ Endpoint }) => Endpoint))];
  }

  /**
   * Asks the contract for its own description, through this peer. Any answer of the contract shows
   * that peer and contract service reach each other, a refusal too.
   *
   * @throws {@link NetworkError} COMMAND_FAILED where the peer could not ask it
   */
  async askContract(): Promise<void> {
    const call = JSON.stringify({ Args: ['org.hyperledger.fabric:GetMetadata'] });
    try {
      await this.run(['chaincode', 'query', ...this.#onChannel(), '-c', call]);
    } catch (error) {
      const answered = /response: status:\d+ message:"(?!error in simulation)/;
      if (!(NetworkError.is(error, 'COMMAND_FAILED') && answered.test(error.message))) throw error;
    }
  }

  async #ordered(args: readonly string[]): Promise<void> {
    await throughOrderers(this.#context, (orderer) => this.#lifecycle([...args, ...orderer]));
  }

  #onChannel(): string[] {
    const { channel, contract } = this.#context.topology;
    return ['-C', channel, '-n', contract.name];
  }

  #definition(): string[] {
    const { version, sequence } = this.#context.topology.contract;
    return [...this.#onChannel(), '-v', version, '--sequence', String(sequence)];
  }

  #lifecycle(args: readonly string[]): Promise<CommandOutput> {
    return this.run(['lifecycle', 'chaincode', ...args]);
  }

  /** Runs `peer` as the organization's admin, towards that peer. */
  run(args: readonly string[]): Promise<CommandOutput> {
    return this.#command('peer', args);
  }

  #command(program: 'peer' | 'discover', args: readonly string[]): Promise<CommandOutput> {
    const { paths, tools } = this.#context;
    const organization = paths.organization(this.#organization.name);
    return runCommand(tools.program(program), args, {
      env: {
        FABRIC_CFG_PATH: tools.configDir,
        FABRIC_LOGGING_SPEC: 'error',
        CORE_PEER_TLS_ENABLED: 'true',
        CORE_PEER_LOCALMSPID: this.#organization.mspId,
        CORE_PEER_ADDRESS: endpoint(this.#peer.address, this.#peer.ports.grpc),
        CORE_PEER_TLS_ROOTCERT_FILE: organization.tlsCaCertificate,
        CORE_PEER_MSPCONFIGPATH: organization.user(IDENTITIES.admin).msp,
      },
      limitMs: LIMIT_MS,
      signal: this.#signal,
    });
  }
}
