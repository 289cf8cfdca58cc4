import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { AuthorityKeyIdentifierExtension, X509Certificate as Certificate } from '@peculiar/x509';
import type { RevocationSubject } from '../ca/ca-client.js';
import { revokedSerials } from '../ca/revocation-list.js';
import { normalSerial, serialOf } from '../ca/serial.js';
import type { ChannelConfig, ConfigGroup } from '../channel/channel-config.js';
import { awaitBlock, updateConfig } from '../channel/config-update.js';
import { NetworkError } from '../errors.js';
import type { ToolOptions } from '../tools/origin.js';
import { resolveTools } from '../tools/resolve-tools.js';
import { type RegisteredUser, usersOf } from './list-users.js';
import { type Member, openMember } from './member.js';

/** Reasons that Fabric CA knows, of RFC 5280, that fit a person. */
export const REVOCATION_REASONS = [
  'unspecified',
  'keycompromise',
  'affiliationchanged',
  'superseded',
  'cessationofoperation',
  'privilegewithdrawn',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** A user by the ID at the CA, with all certificates; or one certificate by its serial number. */
export type RevocationTarget = { userId: string } | { serial: string };

export interface RevokeOptions {
  reason?: RevocationReason;
  tools?: ToolOptions;
  signal?: AbortSignal | undefined;
}

export interface Revocation {
  userId: string;
  mspId: string;
  /** Serial numbers of the target's certificates, all of which are revoked now. */
  serials: readonly string[];
  /** Whether CA and channel had all of it before. */
  alreadyRevoked: boolean;
  /** Number of the block from which on the channel refuses them. */
  blockNumber: number;
  /** From the CA's revocation until every running peer refuses. */
  refusedAfterMs: number;
}

function refuse(action: string, problem: string): never {
  throw new NetworkError('ADMIN_REFUSED', { action, problem });
}

function isTarget(user: RegisteredUser, target: RevocationTarget): boolean {
  if ('userId' in target) return user.id === target.userId;
  const wanted = normalSerial(target.serial);
  return user.certificates.some(({ serial }) => serial === wanted);
}

async function targetOf(member: Member, target: RevocationTarget): Promise<RegisteredUser> {
  const found = (await usersOf(member)).find((user) => isTarget(user, target));
  if (found === undefined) {
    const user = 'userId' in target ? target.userId : `a certificate ${target.serial}`;
    throw new NetworkError('USER_UNKNOWN', { user, organization: member.organization.name });
  }
  if (found.type === 'client') return found;
  return refuse(
    `revoke ${found.id}`,
    `it is not a user but the ${found.type} of ${found.organization}; the network could not go on without it`,
  );
}

/** The issuer's key identifier, as the CA writes it. */
function issuerKeyOf(pem: string): string {
  const extension = new Certificate(pem).getExtension(AuthorityKeyIdentifierExtension);
  return normalSerial(extension?.keyId ?? '');
}

async function subjectOf(
  { enroller }: Member,
  { id }: RegisteredUser,
  target: RevocationTarget,
): Promise<RevocationSubject> {
  if ('userId' in target) return { id };
  const serial = normalSerial(target.serial);
  const certificates = await enroller.ca.certificates(enroller.registrar.ca, { id });
  const pem = certificates.find((one) => serialOf(new X509Certificate(one)) === serial);
  return { serial, aki: issuerKeyOf(pem ?? '') };
}

function asList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

/** The settings of an MSP, in the JSON of a configuration. */
function mspSettings(group: ConfigGroup, mspId: string): { revocation_list?: unknown } {
  const value = group.values['MSP']?.value as
    { config?: { revocation_list?: unknown } } | undefined;
  if (value?.config !== undefined) return value.config;
  throw new Error(`the configuration of the channel has no MSP for ${mspId}`);
}

/**
 * Puts the list into every group in which the organization stands: a channel refuses an MSP that is
 * not the same in all of them. A list that is there and says all that the new one does is kept.
 */
export function applyRevocationList(config: ChannelConfig, mspId: string, crlPem: string): void {
  const wanted = revokedSerials(crlPem);
  const { Application, Orderer } = config.channel_group.groups;
  for (const section of [Application, Orderer]) {
    const group = section.groups[mspId];
    if (group === undefined) continue;
    const settings = mspSettings(group, mspId);
    const known = new Set(
      asList(settings.revocation_list).flatMap((crl) => [...revokedSerials(fromBase64(crl))]),
    );
    if ([...wanted].every((serial) => known.has(serial))) continue;
    settings.revocation_list = [Buffer.from(crlPem).toString('base64')];
  }
}

/**
 * Revokes a user's certificates at the organization's CA and puts the CA's revocation list into the
 * channel, then waits until every running peer acts by it. The registrar of the organization asks
 * the CA; its admin alone signs the update. Safe to repeat: an interrupted one is finished.
 *
 * @param organization - its name in the topology, or its MSP ID
 * @throws {@link NetworkError} USER_UNKNOWN, ADMIN_REFUSED for a node or an admin, CA_REFUSED,
 *   COMMAND_FAILED, TIMEOUT
 */
export async function revokeUser(
  dir: string,
  organization: string,
  target: RevocationTarget,
  options: RevokeOptions = {},
): Promise<Revocation> {
  const { reason = 'unspecified', signal } = options;
  const member = await openMember(dir, organization, signal);
  const { ca, registrar } = member.enroller;
  const { mspId } = member.organization;
  const { topology, paths } = member.network;
  const tools = await resolveTools(topology.tools, options.tools);
  const user = await targetOf(member, target);
  const serials =
    'serial' in target
      ? [normalSerial(target.serial)]
      : user.certificates.map(({ serial }) => serial);
  const knownToCa = user.certificates.every(
    ({ serial, revoked }) => revoked || !serials.includes(serial),
  );

  await ca.revoke(registrar.ca, await subjectOf(member, user, target), reason);
  const started = Date.now();
  const crl = await ca.revocationList(registrar.ca);
  const listed = revokedSerials(crl);
  if (!serials.every((serial) => listed.has(serial))) {
    refuse(`revoke ${user.id}`, "the CA's list of revoked certificates does not name them all");
  }
  const context = { topology, paths, tools };
  const { changed, blockNumber } = await updateConfig(context, {
    submitter: member.organization,
    apply: (config) => {
      applyRevocationList(config, mspId, crl);
    },
    signal,
  });
  await awaitBlock(context, blockNumber, signal);
  return {
    userId: user.id,
    mspId,
    serials,
    alreadyRevoked: knownToCa && !changed,
    blockNumber,
    refusedAfterMs: Date.now() - started,
  };
}
