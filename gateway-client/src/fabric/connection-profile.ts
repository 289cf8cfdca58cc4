/**
 * Where a network is, from a client's side: Fabric's common connection profile as JSON, with the
 * contract and the stores beside it (`emr network export` writes it).
 *
 * @module
 */
import { EmrError, MspId, parseJson } from '@emr-share/model';
import * as v from 'valibot';
import type { KuboEndpoint } from '../kubo/kubo-endpoint.js';
import type { GatewayEndpoint, GrpcEndpoint } from './gateway-pool.js';

/** A gateway peer and whose it is. */
export interface PeerEndpoint extends GatewayEndpoint {
  /** Its name in the profile, such as `peer0.hospa`. */
  readonly name: string;
  readonly mspId: MspId;
}

/** The CA that enrols the users of one organization. */
export interface CertificateAuthority {
  /** Such as `https://127.0.0.1:17001`. */
  readonly url: string;
  /** Which of the server's CAs. */
  readonly caName: string;
  /** Root certificates of the server's TLS certificate, PEM. */
  readonly tlsRootPem: string;
}

/** What a client of one organization needs to know of the network. */
export interface ConnectionProfile {
  /** The client's organization. */
  readonly mspId: MspId;
  readonly channel: string;
  readonly contract: string;
  /** Those of the client's organization first. */
  readonly gateways: readonly PeerEndpoint[];
  /** Empty where the profile names none: gateways hand transactions over. */
  readonly orderers: readonly GrpcEndpoint[];
  /** As `gateways`; empty where the profile names none. */
  readonly stores: readonly KuboEndpoint[];
  /** `null` where the profile names none: users get their certificates in another way. */
  readonly certificateAuthority: CertificateAuthority | null;
}

const url = (scheme: RegExp, what: string): v.GenericSchema<string> =>
  v.pipe(v.string(), v.regex(scheme, what), v.url(what));
const Roots = v.object({ pem: v.pipe(v.string(), v.includes('-----BEGIN CERTIFICATE-----')) });
const Name = v.pipe(v.string(), v.minLength(1));

const Endpoint = v.object({
  url: url(/^grpcs:\/\/[^/]+:\d+$/, 'grpcs://HOST:PORT'),
  tlsCACerts: Roots,
  grpcOptions: v.optional(v.object({ 'ssl-target-name-override': v.optional(Name) })),
});
const Authority = v.object({
  url: url(/^https:\/\/[^/]+$/, 'https://HOST:PORT'),
  caName: v.optional(Name, ''),
  tlsCACerts: Roots,
});
const Organization = v.object({
  mspid: MspId,
  peers: v.optional(v.array(Name), []),
  certificateAuthorities: v.optional(v.array(Name), []),
});
const Content = v.object({
  client: v.object({ organization: Name }),
  channels: v.record(Name, v.unknown()),
  organizations: v.record(Name, Organization),
  peers: v.record(Name, Endpoint),
  orderers: v.optional(v.record(Name, Endpoint), {}),
  certificateAuthorities: v.optional(v.record(Name, Authority), {}),
  contract: v.optional(Name, 'emr'),
  stores: v.optional(v.array(v.object({ url: url(/^https?:\/\//, 'http://HOST:PORT') })), []),
});
type Content = v.InferOutput<typeof Content>;

const WHAT = 'the connection profile';

/**
 * Reads a connection profile.
 *
 * @param text - JSON. Fields that are not needed here may be anything.
 * @throws EmrError `INPUT_INVALID` where a field is missing or wrong.
 */
export function readConnectionProfile(text: string): ConnectionProfile {
  const content = parseJson(Content, text, WHAT);
  const own = content.organizations[content.client.organization];
  if (own === undefined) throw invalid(`it has no organization ${content.client.organization}`);
  const gateways = gatewaysOf(content, own.mspid);
  if (gateways.length === 0) throw invalid('it has no peer');
  return {
    mspId: own.mspid,
    channel: channelOf(content),
    contract: content.contract,
    gateways,
    orderers: Object.values(content.orderers).map(endpointOf),
    stores: content.stores.map((store) => ({ url: store.url })),
    certificateAuthority: authorityOf(content, own.certificateAuthorities[0]),
  };
}

function invalid(problem: string): EmrError {
  return new EmrError('INPUT_INVALID', { what: WHAT, problem });
}

function channelOf({ channels }: Content): string {
  const [channel, ...others] = Object.keys(channels);
  if (channel === undefined || others.length > 0) throw invalid('expected one channel');
  return channel;
}

function endpointOf(node: v.InferOutput<typeof Endpoint>): GrpcEndpoint {
  return {
    address: node.url.slice('grpcs://'.length),
    tlsRootPem: node.tlsCACerts.pem,
    serverName: node.grpcOptions?.['ssl-target-name-override'],
  };
}

function gatewaysOf({ organizations, peers }: Content, own: MspId): PeerEndpoint[] {
  const all = Object.values(organizations).flatMap(({ mspid: mspId, peers: names }) =>
    names.map((name) => {
      const peer = peers[name];
      if (peer === undefined) throw invalid(`it does not say where ${name} is`);
      return { name, mspId, ...endpointOf(peer) };
    }),
  );
  return [...all.filter(({ mspId }) => mspId === own), ...all.filter(({ mspId }) => mspId !== own)];
}

function authorityOf(
  { certificateAuthorities }: Content,
  name: string | undefined,
): CertificateAuthority | null {
  if (name === undefined) return null;
  const authority = certificateAuthorities[name];
  if (authority === undefined) throw invalid(`it does not say where ${name} is`);
  const { caName, tlsCACerts } = authority;
  return { url: authority.url, caName, tlsRootPem: tlsCACerts.pem };
}
