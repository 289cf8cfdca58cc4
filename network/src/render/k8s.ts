/**
 * Kubernetes manifests: a StatefulSet and a headless Service for each node. Pods use the network and
 * the disk of the machine that bears the label of their host, as the topology places them; keys come
 * from Secrets that are named here and made by the admins.
 *
 * @module
 */
import { stringify } from 'yaml';
import type { Topology } from '../topology/topology.js';
import { CONTAINER_USER, containerUnits, imageOf } from './container.js';
import { type DeploymentUnit, STATE_DIR } from './unit.js';

/** Label of the machines, with a host of the topology as its value. */
export const HOST_LABEL = 'emr-network/host';

const nameOf = ({ node }: DeploymentUnit): string => node.name.replaceAll('.', '-');

function labels(unit: DeploymentUnit, { name }: Topology): Record<string, string> {
  const { role, organization } = unit.node;
  return {
    'app.kubernetes.io/part-of': name,
    'app.kubernetes.io/name': nameOf(unit),
    'app.kubernetes.io/component': role,
    'emr-network/organization': organization,
  };
}

/** `main`, `readable-0`, …: a host folder each. */
function volumes({ readable, writable }: DeploymentUnit): {
  name: string;
  path: string;
  readOnly: boolean;
}[] {
  return [
    ...readable.map((path, i) => ({ name: `readable-${String(i)}`, path, readOnly: true })),
    ...writable.map((path, i) => ({ name: `writable-${String(i)}`, path, readOnly: false })),
  ];
}

function container(unit: DeploymentUnit, topology: Topology): object {
  const { command, env, secretEnv, writable, listens } = unit;
  const secret = `${nameOf(unit)}-env`;
  return {
    name: unit.node.role,
    image: imageOf(unit, topology),
    command,
    workingDir: writable[0] ?? STATE_DIR,
    env: [
      ...Object.entries(env).map(([name, value]) => ({ name, value })),
      ...secretEnv.map((name) => ({
        name,
        valueFrom: { secretKeyRef: { name: secret, key: name } },
      })),
    ],
    ports: listens.map(({ purpose, port }) => ({
      name: purpose,
      containerPort: port,
      hostPort: port,
      protocol: 'TCP',
    })),
    startupProbe: {
      tcpSocket: { host: listens[0]?.address, port: listens[0]?.port },
      periodSeconds: 2,
      failureThreshold: 60,
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...volumes(unit).map(({ name, path, readOnly }) => ({ name, mountPath: path, readOnly })),
    ],
  };
}

function statefulSet(unit: DeploymentUnit, topology: Topology): object {
  const name = nameOf(unit);
  const metadata = { name, labels: labels(unit, topology) };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: {
      serviceName: name,
      replicas: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: {
        metadata: { labels: metadata.labels },
        spec: {
          automountServiceAccountToken: false,
          hostNetwork: true,
          dnsPolicy: 'ClusterFirstWithHostNet',
          nodeSelector: { [HOST_LABEL]: unit.node.host },
          terminationGracePeriodSeconds: 30,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: CONTAINER_USER,
            runAsGroup: CONTAINER_USER,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container(unit, topology)],
          volumes: [
            { name: 'tmp', emptyDir: {} },
            ...volumes(unit).map((volume) => ({
              name: volume.name,
              hostPath: { path: volume.path, type: 'Directory' },
            })),
          ],
        },
      },
    },
  };
}

function service(unit: DeploymentUnit, topology: Topology): object {
  const name = nameOf(unit);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: labels(unit, topology) },
    spec: {
      clusterIP: 'None',
      selector: { 'app.kubernetes.io/name': name },
      ports: unit.listens.map(({ purpose, port }) => ({ name: purpose, port, protocol: 'TCP' })),
    },
  };
}

/** File name → content: one file for each node. */
export function renderKubernetes(topology: Topology, host: string | null): Record<string, string> {
  const files = containerUnits(topology, host).map((unit) => [
    `${unit.node.name}.yaml`,
    [service(unit, topology), statefulSet(unit, topology)]
      .map((manifest) => stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 }))
      .join('---\n'),
  ]);
  return Object.fromEntries(files) as Record<string, string>;
}
