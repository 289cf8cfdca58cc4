/**
 * A Compose file for the nodes of one host. They use the host's network: the addresses and ports of
 * the topology are theirs.
 *
 * @module
 */
import { stringify } from 'yaml';
import type { Topology } from '../topology/topology.js';
import { CONTAINER_USER, containerUnits, imageOf } from './container.js';
import { type DeploymentUnit, STATE_DIR } from './unit.js';

const USER = `${String(CONTAINER_USER)}:${String(CONTAINER_USER)}`;

interface Mount {
  type: 'bind';
  source: string;
  target: string;
  read_only: boolean;
  bind: { create_host_path: false };
}

function mount(path: string, isReadOnly: boolean): Mount {
  const bind = { create_host_path: false } as const;
  return { type: 'bind', source: path, target: path, read_only: isReadOnly, bind };
}

function service(unit: DeploymentUnit, topology: Topology): object {
  const { node, command, env, secretEnv, readable, writable, after } = unit;
  const [entrypoint, ...rest] = command;
  return {
    image: imageOf(unit, topology),
    container_name: node.name,
    network_mode: 'host',
    user: USER,
    entrypoint: [entrypoint],
    command: rest,
    environment: env,
    ...(secretEnv.length > 0 ? { env_file: [`${STATE_DIR}/env/${node.name}.env`] } : {}),
    volumes: [
      ...readable.map((path) => mount(path, true)),
      ...writable.map((path) => mount(path, false)),
    ],
    ...(after.length > 0 ? { depends_on: after.map((name) => name.replaceAll('.', '-')) } : {}),
    working_dir: writable[0] ?? STATE_DIR,
    read_only: true,
    tmpfs: ['/tmp'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'on-failure',
    stop_grace_period: '30s',
    logging: { driver: 'json-file', options: { 'max-size': '50m', 'max-file': '3' } },
  };
}

/** File name → content. */
export function renderCompose(topology: Topology, host: string | null): Record<string, string> {
  const services = containerUnits(topology, host).map((unit) => [
    unit.node.name.replaceAll('.', '-'),
    service(unit, topology),
  ]);
  const file = { name: topology.name, services: Object.fromEntries(services) as object };
  const text = stringify(file, { aliasDuplicateObjects: false, lineWidth: 0 });
  return { 'compose.yaml': text.replaceAll('$', () => '$$') };
}
