import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import {
  DEPLOYMENT_FORMATS,
  loadTopology,
  nodesOf,
  parseTopology,
  renderDeployment,
  type Node,
} from '../src/index.js';
import { tempDir } from './support/temp-dir.js';

const topology = await loadTopology('dev');
const nodes = nodesOf(topology);
const ports = (node: Node): number[] => Object.values<number>(node.ports);
const STATE = '/var/lib/emr-network';

/** Folders of the network that a node's own part lies in. */
function isOwn(path: string, { name, short, role, organization }: Node): boolean {
  const own = [`${STATE}/organizations/${organization}/nodes/${short}`, `${STATE}/data/${name}`];
  if (role === 'ca') own.push(`${STATE}/ca/${organization}`);
  if (role === 'contract') own.push(`${STATE}/organizations/${organization}/custodian`);
  return own.includes(path);
}

interface Service {
  image: string;
  environment: Record<string, string>;
  volumes: { source: string; target: string; read_only: boolean }[];
  cap_drop: string[];
  read_only: boolean;
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: {
    ports?: { port: number }[];
    template?: {
      spec: {
        nodeSelector: Record<string, string>;
        containers: {
          env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string } } }[];
          ports: { containerPort: number }[];
          volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
        }[];
        volumes: { name: string; hostPath?: { path: string } }[];
      };
    };
  };
}

describe.each(DEPLOYMENT_FORMATS)('deployment files as %s', (format) => {
  const files = renderDeployment(topology, format);
  const text = Object.entries(files).join('\n');

  it('are the same every time', () => {
    expect(renderDeployment(topology, format)).toEqual(files);
  });

  it('hold no secret, and name every node', () => {
    expect(text).not.toMatch(/PRIVATE KEY|registrar\.secret|swarm\.key/);
    for (const { name } of nodes) expect(text).toContain(name);
  });

  it('are those of one host where one is named', () => {
    const dev = parseTopology(
      `version: 1
name: two
channel: emr
tools: { fabric: 3.1.5, fabricCa: 1.5.21, kubo: 0.42.0 }
hosts: { here: 10.0.0.1, there: 10.0.0.2 }
contract: { name: emr, version: '1.0', sequence: 1 }
ordering: { type: raft }
organizations:
  - { name: ours, mspId: Ours, kind: hospital, host: here }
  - { name: theirs, mspId: Theirs, kind: hospital, host: there }
`,
      'two',
    );
    const here = Object.entries(renderDeployment(dev, format, 'here')).join('\n');
    expect(here).toContain('peer0.ours');
    expect(here).not.toContain('peer0.theirs');
    expect(() => renderDeployment(dev, format, 'elsewhere')).toThrow('it has: here, there');
  });
});

describe('systemd units', () => {
  const files = renderDeployment(topology, 'systemd');

  it('are taken by systemd-analyze verify', async () => {
    const verifier = spawnSync('systemd-analyze', ['--version']);
    if (verifier.error !== undefined) {
      process.stderr.write('ATTENTION: no systemd-analyze here: the units were not verified\n');
      return;
    }
    const dir = await tempDir();
    const program = join(dir, 'program');
    await mkdir(dir, { recursive: true });
    await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
    const paths: string[] = [];
    for (const [name, text] of Object.entries(files)) {
      const path = join(dir, name);
      // The programs are not installed on the machine that runs this test.
      await writeFile(path, text.replace(/^ExecStart=\S+/m, `ExecStart=${program}`));
      paths.push(path);
    }
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], {
      encoding: 'utf8',
    });
    const about = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(dir));
    expect(about).toEqual([]);
    expect(paths).toHaveLength(nodes.length + 1);
  });

  it.each(nodes)('give $name its own files only', (node) => {
    const unit = files[`emr-${node.name}.service`] ?? '';
    const bound = [...unit.matchAll(/^Bind(?:ReadOnly)?Paths=(.*)$/gm)].map(([, path]) => path!);
    expect(bound.length).toBeGreaterThan(0);
    expect(bound.filter((path) => !isOwn(path, node))).toEqual([]);
    expect(unit).toContain(`TemporaryFileSystem=${STATE}:ro`);
    expect(unit).toContain('NoNewPrivileges=yes');
  });
});

describe('the Compose file', () => {
  const { services } = parse(renderDeployment(topology, 'compose')['compose.yaml'] ?? '') as {
    services: Record<string, Service>;
  };

  it.each(nodes)('has $name with its own files only, and no rights', (node) => {
    const service = services[node.name.replaceAll('.', '-')]!;
    const foreign = service.volumes.filter(({ source }) => !isOwn(source, node));
    expect(foreign).toEqual([]);
    expect(service).toMatchObject({ cap_drop: ['ALL'], read_only: true });
  });

  it.each(nodes.filter(({ role }) => role === 'peer' || role === 'orderer'))(
    'tells $name every one of its ports',
    (node) => {
      const { environment } = services[node.name.replaceAll('.', '-')]!;
      const values = Object.values(environment).join('\n');
      for (const port of ports(node)) expect(values).toContain(String(port));
    },
  );
});

describe('the Kubernetes manifests', () => {
  const files = renderDeployment(topology, 'k8s');

  it.each(nodes)('have a Service and a StatefulSet of $name, with every port', (node) => {
    const documents = parseAllDocuments(files[`${node.name}.yaml`] ?? '').map(
      (document) => document.toJS() as Manifest,
    );
    expect(documents.map(({ kind }) => kind)).toEqual(['Service', 'StatefulSet']);
    const [service, set] = documents;
    expect(service!.spec.ports!.map(({ port }) => port).sort()).toEqual(ports(node).sort());
    const { containers, volumes, nodeSelector } = set!.spec.template!.spec;
    expect(containers[0]!.ports.map((one) => one.containerPort).sort()).toEqual(ports(node).sort());
    expect(Object.values(nodeSelector)).toEqual([node.host]);
    for (const { name, mountPath } of containers[0]!.volumeMounts) {
      const volume = volumes.find((one) => one.name === name)!;
      if (name === 'tmp') continue;
      expect(volume.hostPath!.path).toBe(mountPath);
      expect(isOwn(mountPath, node)).toBe(true);
    }
  });

  it('take what is secret from a Secret', () => {
    const [, set] = parseAllDocuments(files['peer0.hospa.yaml'] ?? '').map(
      (document) => document.toJS() as Manifest,
    );
    const { env } = set!.spec.template!.spec.containers[0]!;
    const secret = env.filter(({ valueFrom }) => valueFrom !== undefined);
    expect(secret).toMatchObject([
      {
        name: 'CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG',
        valueFrom: { secretKeyRef: { name: 'peer0-hospa-env' } },
      },
    ]);
  });
});
