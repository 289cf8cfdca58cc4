/**
 * Who makes up the channel: the content of block 0, and the trust anchors of every organization.
 *
 * @module
 */
import { MspId, UnixMillis } from '@emr-share/model';
import * as v from 'valibot';

const Pem = v.pipe(v.string(), v.startsWith('-----BEGIN CERTIFICATE-----'), v.maxLength(8192));

export const ChannelConfig = v.strictObject({
  version: v.literal(1),
  channel: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9.-]{0,62}$/, 'channel name')),
  createdAt: UnixMillis,
  organizations: v.pipe(
    v.array(v.strictObject({ mspId: MspId, rootCertificatePem: Pem, peerCertificatePem: Pem })),
    v.minLength(1),
  ),
});
export type ChannelConfig = v.InferOutput<typeof ChannelConfig>;
