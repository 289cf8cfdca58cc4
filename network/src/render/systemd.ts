/**
 * systemd units: one for each node of a host, and a target for all of them.
 *
 * @module
 */
import { type Topology } from '../topology/topology.js';
import { type DeploymentUnit, deploymentUnits, STATE_DIR } from './unit.js';

const TOOLS_DIR = '/opt/emr-network';
const CONTRACT = '/opt/emr-share/chaincode/dist/service/main.js';
const USER = 'emr-network';

/** Nobody gains rights, sees other processes, or writes outside the node's own folder. */
const HARDENING = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectProc=invisible',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
  'UMask=0077',
];

const unitName = (node: string): string => `emr-${node}.service`;

/** In double quotes, as systemd reads them: `%` begins a specifier, `\` an escape. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}

function serviceUnit(unit: DeploymentUnit, topology: Topology): string {
  const { node, command, env, secretEnv, readable, writable, after } = unit;
  const order = ['network-online.target', ...after.map(unitName)];
  return [
    '[Unit]',
    `Description=${node.role} ${node.name} of ${topology.name}`,
    `After=${order.join(' ')}`,
    'Wants=network-online.target',
    `PartOf=emr-${topology.name}.target`,
    'StartLimitIntervalSec=300',
    'StartLimitBurst=10',
    '',
    '[Service]',
    'Type=exec',
    `User=${USER}`,
    `Group=${USER}`,
    `WorkingDirectory=${writable[0] ?? STATE_DIR}`,
    `ExecStart=${command.join(' ')}`,
    ...Object.entries(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    ...(secretEnv.length > 0 ? [`EnvironmentFile=${STATE_DIR}/env/${node.name}.env`] : []),
    'Restart=on-failure',
    'RestartSec=2s',
    'TimeoutStopSec=30s',
    'LimitNOFILE=65536',
    ...HARDENING,
    `TemporaryFileSystem=${STATE_DIR}:ro`,
    ...readable.map((path) => `BindReadOnlyPaths=${path}`),
    ...writable.map((path) => `BindPaths=${path}`),
    ...writable.map((path) => `ReadWritePaths=${path}`),
    '',
    '[Install]',
    `WantedBy=emr-${topology.name}.target`,
    '',
  ].join('\n');
}

function targetUnit(units: readonly DeploymentUnit[], topology: Topology): string {
  return [
    '[Unit]',
    `Description=Nodes of ${topology.name} on this host`,
    `Wants=${units.map(({ node }) => unitName(node.name)).join(' ')}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

/** File name → content. */
export function renderSystemd(topology: Topology, host: string | null): Record<string, string> {
  const layout = { locate: (path: string) => `${TOOLS_DIR}/${path}`, contract: CONTRACT };
  const units = deploymentUnits(topology, host, layout);
  return Object.fromEntries([
    [`emr-${topology.name}.target`, targetUnit(units, topology)],
    ...units.map((unit) => [unitName(unit.node.name), serviceUnit(unit, topology)]),
  ]) as Record<string, string>;
}
