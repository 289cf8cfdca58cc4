/**
 * An orderer's channel participation API: which channels it serves, and joining one.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { NetworkError } from '../errors.js';
import type { NetworkPaths } from '../files/network-paths.js';
import { httpRequest } from '../http-request.js';
import { endpoint } from '../nodes/context.js';
import { operatorTls } from '../nodes/health.js';
import type { Node } from '../topology/topology.js';

const ChannelInfo = v.object({
  status: v.string(),
  consensusRelation: v.string(),
  height: v.number(),
});
/** As the orderer reports it; `active` and `consenter` are what is wanted. */
export type ChannelInfo = v.InferOutput<typeof ChannelInfo>;

function channelsUrl(node: Node<'orderer'>): string {
  return `https://${endpoint(node.address, node.ports.admin)}/participation/v1/channels`;
}

/** The orderer's view of the channel; `null` where it has not joined it. */
export async function channelInfo(
  node: Node<'orderer'>,
  channel: string,
  paths: NetworkPaths,
  signal?: AbortSignal,
): Promise<ChannelInfo | null> {
  const tls = await operatorTls(paths, node.organization);
  const url = `${channelsUrl(node)}/${channel}`;
  const { status, body } = await httpRequest(url, { tls, signal });
  if (status === 404) return null;
  if (status === 200) return v.parse(ChannelInfo, JSON.parse(body));
  throw new NetworkError('REQUEST_FAILED', { url, problem: `status ${String(status)}` });
}

/**
 * Makes the orderer a member of the channel. The genesis block begins the channel, which starts when
 * enough of its orderers have joined, in any order; by a later configuration block an orderer comes to
 * one that runs, and gets what was before from the others.
 *
 * @param configBlock - the block's file
 * @throws NetworkError REQUEST_FAILED with the orderer's reason
 */
export async function joinChannel(
  node: Node<'orderer'>,
  paths: NetworkPaths,
  configBlock: string,
  signal?: AbortSignal,
): Promise<void> {
  const form = new FormData();
  form.set('config-block', new Blob([await readFile(configBlock)]), 'config.block');
  const encoded = new Response(form);
  const url = channelsUrl(node);
  const { status, body } = await httpRequest(url, {
    method: 'POST',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    body: new Uint8Array(await encoded.arrayBuffer()),
    tls: await operatorTls(paths, node.organization),
    limitMs: 30_000,
    signal,
  });
  if (status === 201) return;
  throw new NetworkError('REQUEST_FAILED', { url, problem: `status ${String(status)}: ${body}` });
}
