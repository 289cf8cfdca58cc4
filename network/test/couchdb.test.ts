import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import {
  DEPLOYMENT_FORMATS,
  diagnose,
  type Finding,
  hospitals,
  networkPaths,
  networkTopology,
  nodesOf,
  parseTopology,
  renderDeployment,
  secretEnvironments,
  type Topology,
  up,
} from '../src/index.js';
import { topologyDigest } from '../src/hosts/public-material.js';
import { IDENTITIES } from '../src/nodes/context.js';
import { readCouchdbCredentials } from '../src/nodes/couchdb-credentials.js';
import { launchOf } from '../src/nodes/launch.js';
import {
  launchFingerprint,
  type ProcessLaunch,
  startProcess,
} from '../src/process/start-process.js';
import { stopProcess } from '../src/process/stop-process.js';
import { deployedToolset } from '../src/render/unit.js';
import { profilePath } from '../src/topology/load.js';
import { nodeContext } from '../src/up/node-context.js';
import { NetworkState } from '../src/up/state.js';
import { withCredentialsFile } from '../src/up/state-databases.js';
import { waitFor } from '../src/wait.js';
import { tempDir } from './support/temp-dir.js';

const URL_0 = 'http://127.0.0.1:5984';
const URL_1 = 'http://127.0.0.1:5985';
const USER = 'couch-user';
const PASSWORD = 'Zq7-once-and-only';
const contract = { command: ['/bin/true'] as const };
const dev = parse(await readFile(profilePath('dev'), 'utf8')) as { organizations: object[] };

/** The dev topology, with state databases for its first organizations. */
function withDatabases(...stateDatabases: unknown[]): Topology {
  const organizations = dev.organizations.map((organization, i) =>
    stateDatabases[i] === undefined
      ? organization
      : { ...organization, stateDatabase: stateDatabases[i] },
  );
  return parseTopology(stringify({ ...dev, organizations }), 'test.yaml', { basePort: 27_500 });
}

async function credentialsFile(
  content = JSON.stringify({ user: USER, password: PASSWORD }),
): Promise<string> {
  const path = join(await tempDir(), 'couchdb.json');
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

/** A folder as `up` leaves it when it is interrupted at once. */
async function begun(topology: Topology): Promise<string> {
  const dir = await tempDir();
  await NetworkState.begin(networkPaths(dir), topology, contract);
  return dir;
}

/** {@link begun}, with the files that the peers' launches carry. */
async function readyToLaunch(topology: Topology): Promise<string> {
  const dir = await begun(topology);
  for (const { name } of hospitals(topology)) {
    const identity = networkPaths(dir).organization(name).node(IDENTITIES.contractClient);
    await mkdir(identity.tls, { recursive: true });
    const { tlsCertificate, tlsKey, tlsCa } = identity;
    for (const path of [tlsCertificate, tlsKey, tlsCa]) await writeFile(path, 'pem');
  }
  return dir;
}

async function peerLaunchIn(dir: string, short: string): Promise<ProcessLaunch> {
  const topology = await networkTopology(dir);
  const peer = nodesOf(topology).find(({ name }) => name === `${short}.hospa`);
  const tools = deployedToolset(topology, { locate: (path) => `/tools/${path}`, contract: '' });
  return launchOf(peer!, nodeContext(topology, dir, contract, tools));
}

/** Texts of all files in a folder, by path. */
async function filesIn(dir: string): Promise<(readonly [path: string, text: string])[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const));
}

describe('a state database in the topology', () => {
  it('is a CouchDB for the peers that have a URL, and nothing for the others', () => {
    const [hospa, hospb] = withDatabases({ couchdb: { peer0: `${URL_0}/` } }).organizations;
    expect(hospa!.stateDatabase).toEqual({ couchdb: { peer0: URL_0 } });
    expect(hospb).not.toHaveProperty('stateDatabase');
  });

  it.each([
    ['https://127.0.0.1:5984', 'no TLS'],
    ['http://127.0.0.1', 'http://HOST:PORT'],
    ['http://127.0.0.1:70000', 'http://HOST:PORT'],
    ['http://127.0.0.1:5984/state', 'http://HOST:PORT'],
    ['http://127.0.0.1:5984?x=1', 'http://HOST:PORT'],
    ['ftp://127.0.0.1:5984', 'http://HOST:PORT'],
  ])('is refused at %s', (url, problem) => {
    expect(() => withDatabases({ couchdb: { peer0: url } })).toThrow(problem);
  });

  it('is refused with a password in the URL, which is not repeated', () => {
    const make = (): Topology =>
      withDatabases({ couchdb: { peer0: `http://${USER}:${PASSWORD}@127.0.0.1:5984` } });
    expect(make).toThrow('credentials file');
    expect(make).not.toThrow(PASSWORD);
  });

  it.each([
    ['a peer that is not there', [{ couchdb: { peer7: URL_0 } }], 'there is no peer peer7'],
    ['two peers of one organization', [{ couchdb: { peer0: URL_0, peer1: URL_0 } }], 'share'],
    [
      'peers of two organizations',
      [{ couchdb: { peer0: URL_0 } }, { couchdb: { peer0: `${URL_0}/` } }],
      'peer0.hospa and peer0.hospb cannot share',
    ],
    ['no peer', [{ couchdb: {} }], 'must name a peer'],
    ['a relative file', [{ couchdb: { peer0: URL_0 }, credentialsFile: 'x' }], 'absolute path'],
    ['a password', [{ couchdb: { peer0: URL_0 }, password: 'x' }], 'password'],
  ])('is refused for %s', (_, databases, problem) => {
    expect(() => withDatabases(...databases)).toThrow(problem);
  });

  it('is each host’s own matter', () => {
    const digest = topologyDigest(withDatabases({ couchdb: { peer0: URL_0 } }));
    expect(digest).toBe(topologyDigest(withDatabases()));
  });

  it('takes the credentials file of the environment where it names none', () => {
    const topology = withDatabases(
      { couchdb: { peer0: URL_0 } },
      { couchdb: { peer0: URL_1 }, credentialsFile: '/etc/own' },
    );
    const { organizations } = withCredentialsFile(topology, {
      EMR_COUCHDB_CREDENTIALS_FILE: '/etc/common',
    });
    expect(organizations.map((one) => one.stateDatabase?.credentialsFile)).toEqual([
      '/etc/common',
      '/etc/own',
      undefined,
      undefined,
    ]);
    expect(() => withCredentialsFile(topology, { EMR_COUCHDB_CREDENTIALS_FILE: 'x' })).toThrow(
      'absolute path',
    );
  });
});

describe('the credentials file', () => {
  it('gives user and password', async () => {
    const read = await readCouchdbCredentials(await credentialsFile());
    expect(read).toMatchObject({ user: USER, password: PASSWORD });
  });

  it.each([
    ['no JSON', `${USER}:${PASSWORD}`],
    ['no user', JSON.stringify({ password: PASSWORD })],
    ['something more', JSON.stringify({ user: USER, password: PASSWORD, host: 'x' })],
    ['a line break', JSON.stringify({ user: USER, password: `${PASSWORD}\n` })],
    [
      'a quote that ends an environment file’s value',
      JSON.stringify({ user: "o'x", password: PASSWORD }),
    ],
    ['nothing', ''],
  ])('is refused with %s, none of which is repeated', async (_, content) => {
    const error: unknown = await readCouchdbCredentials(await credentialsFile(content)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'COUCHDB_CREDENTIALS' });
    expect(inspect(error)).not.toContain(PASSWORD);
  });

  it('is refused where others can read it, with what to do', async () => {
    const path = await credentialsFile();
    await chmod(path, 0o640);
    await expect(readCouchdbCredentials(path)).rejects.toThrow(`chmod 600 ${path}`);
  });

  it('is refused where it is not there, is a folder, or is not named', async () => {
    const dir = await tempDir();
    for (const path of [join(dir, 'none'), dir, undefined]) {
      const reading = readCouchdbCredentials(path);
      await expect(reading).rejects.toMatchObject({ code: 'COUCHDB_CREDENTIALS' });
    }
  });

  it('is asked for before anything is begun', async () => {
    const dir = join(await tempDir(), 'network');
    const topology = withDatabases({ couchdb: { peer0: URL_0 }, credentialsFile: join(dir, 'x') });
    await expect(up(topology, { dir, contract })).rejects.toMatchObject({
      code: 'COUCHDB_CREDENTIALS',
    });
    await expect(networkTopology(dir)).rejects.toMatchObject({ code: 'NETWORK_NOT_FOUND' });
  });
});

describe('a peer with a CouchDB', () => {
  const ADDRESS = 'CORE_LEDGER_STATE_COUCHDBCONFIG_COUCHDBADDRESS';

  it('is told its address, and the other peers nothing', async () => {
    const couchdb = { couchdb: { peer0: URL_0 }, credentialsFile: await credentialsFile() };
    const dir = await readyToLaunch(withDatabases(couchdb));
    const [with0, without] = [await peerLaunchIn(dir, 'peer0'), await peerLaunchIn(dir, 'peer1')];
    expect(with0.env).toMatchObject({
      CORE_LEDGER_STATE_STATEDATABASE: 'CouchDB',
      [ADDRESS]: '127.0.0.1:5984',
    });
    expect(with0.secretEnv).toEqual({
      CORE_LEDGER_STATE_COUCHDBCONFIG_USERNAME: USER,
      CORE_LEDGER_STATE_COUCHDBCONFIG_PASSWORD: PASSWORD,
    });
    expect(Object.keys(without.env).join()).not.toMatch(/STATEDATABASE|COUCHDB/);
    expect(without.secretEnv).toBeUndefined();
  });

  it('does not write its settings to its log, as Fabric does by itself', async () => {
    const couchdb = { couchdb: { peer0: URL_0 }, credentialsFile: await credentialsFile() };
    const dir = await readyToLaunch(withDatabases(couchdb));
    const { env } = await peerLaunchIn(dir, 'peer0');
    expect(env['FABRIC_LOGGING_SPEC']?.split(':')).toContain('nodeCmd=warn');
  });

  it('gets its password, which stands in no file of the network', async () => {
    const couchdb = { couchdb: { peer0: URL_0 }, credentialsFile: await credentialsFile() };
    const dir = await readyToLaunch(withDatabases(couchdb));
    const launch = await peerLaunchIn(dir, 'peer0');
    const received = join(await tempDir(), 'received');
    const script = `
      const { CORE_LEDGER_STATE_COUCHDBCONFIG_PASSWORD: password } = process.env;
      require('node:fs').writeFileSync(${JSON.stringify(received)}, password);
      setInterval(() => {}, 1000);`;
    await mkdir(launch.cwd, { recursive: true });
    const command = [process.execPath, '-e', script] as const;
    const record = await startProcess({ ...launch, command });
    try {
      await waitFor('the password', { limitMs: 60_000 }, async () =>
        (await readFile(received, 'utf8')) === PASSWORD ? true : null,
      );
    } finally {
      await stopProcess(record, 5_000);
    }
    const files = await filesIn(dir);
    expect(files.map(([path]) => path)).toContain(launch.record);
    const holding = files.filter(([, text]) => text.includes(PASSWORD) || text.includes(USER));
    expect(holding).toEqual([]);
  });

  it('is known by its launch without the password, and anew once the file is written again', async () => {
    const file = await credentialsFile();
    const dir = await readyToLaunch(
      withDatabases({ couchdb: { peer0: URL_0 }, credentialsFile: file }),
    );
    const { secretEnv, ...first } = await peerLaunchIn(dir, 'peer0');
    const print = launchFingerprint({
      ...first,
      ...(secretEnv === undefined ? {} : { secretEnv }),
    });
    expect(print).toBe(launchFingerprint(first));
    expect(launchFingerprint(await peerLaunchIn(dir, 'peer0'))).toBe(print);
    await utimes(file, new Date(), new Date(1));
    expect(launchFingerprint(await peerLaunchIn(dir, 'peer0'))).not.toBe(print);
  });
});

describe('deployment files for a peer with a CouchDB', () => {
  it.each(DEPLOYMENT_FORMATS)('name it in %s, and leave user and password out', (format) => {
    const topology = withDatabases({ couchdb: { peer0: URL_0 }, credentialsFile: '/etc/couch' });
    const text = Object.values(renderDeployment(topology, format)).join('\n');
    expect(text).toContain('CORE_LEDGER_STATE_COUCHDBCONFIG_COUCHDBADDRESS');
    expect(text).not.toContain('/etc/couch');
    const secretReferences = text.match(/key: CORE_LEDGER_STATE_COUCHDBCONFIG_PASSWORD/g) ?? [];
    expect(secretReferences).toHaveLength(format === 'k8s' ? 1 : 0);
    expect(text).not.toMatch(/COUCHDBCONFIG_PASSWORD[=:]/);
  });

  it('have them in the secret environment of that peer only', async () => {
    const couchdb = { couchdb: { peer0: URL_0 }, credentialsFile: await credentialsFile() };
    const dir = await readyToLaunch(withDatabases(couchdb));
    const { 'peer0.hospa.env': own, ...others } = await secretEnvironments(dir);
    expect(own).toContain(`CORE_LEDGER_STATE_COUCHDBCONFIG_USERNAME='${USER}'\n`);
    expect(own).toContain(`CORE_LEDGER_STATE_COUCHDBCONFIG_PASSWORD='${PASSWORD}'\n`);
    expect(Object.keys(others)).toHaveLength(5);
    expect(Object.values(others).join('')).not.toContain('COUCHDB');
  });
});

describe('another state database', () => {
  const before = withDatabases({ couchdb: { peer0: URL_0 } });
  const begin = (dir: string, topology: Topology): Promise<NetworkState> =>
    NetworkState.begin(networkPaths(dir), topology, contract);

  it.each([
    ['LevelDB', withDatabases(), 'LevelDB'],
    ['another CouchDB', withDatabases({ couchdb: { peer0: URL_1 } }), URL_1],
  ])('is refused for a peer with a ledger: %s', async (_, asked, named) => {
    const dir = await begun(before);
    const blocks = join(networkPaths(dir).data('peer0.hospa'), 'ledgersData/chains/chains/emr');
    await mkdir(blocks, { recursive: true });
    await expect(begin(dir, asked)).rejects.toMatchObject({
      code: 'STATE_DATABASE_CHANGED',
      details: { peer: 'peer0.hospa', before: `the CouchDB ${URL_0}` },
    });
    await expect(begin(dir, asked)).rejects.toThrow(named);
    expect((await networkTopology(dir)).organizations[0]?.stateDatabase).toEqual(
      before.organizations[0]?.stateDatabase,
    );
  });

  it('is taken by a peer without one, and so is another credentials file at any time', async () => {
    const dir = await begun(withDatabases());
    await begin(dir, before);
    await mkdir(join(networkPaths(dir).data('peer0.hospa'), 'ledgersData/chains/chains/emr'), {
      recursive: true,
    });
    const moved = withDatabases({ couchdb: { peer0: URL_0 }, credentialsFile: '/etc/moved' });
    await begin(dir, moved);
    expect(await networkTopology(dir)).toEqual(moved);
  });
});

describe('the doctor about a CouchDB', () => {
  const WELCOME = { couchdb: 'Welcome', version: '3.3.3' };

  /** What it finds where CouchDB answers so; `null`: with nothing, the connection stays open. */
  async function findings(answer: { status: number; body: object } | null): Promise<Finding[]> {
    const authorizations: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      if (answer === null) return;
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const found = await findingsAt(`http://127.0.0.1:${String(port)}`);
      const basic = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
      expect(authorizations).toEqual([`Basic ${basic}`]);
      return found;
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  async function findingsAt(url: string, content?: string): Promise<Finding[]> {
    const file = await credentialsFile(content);
    const topology = withDatabases({ couchdb: { peer0: url }, credentialsFile: file });
    const dir = await begun(topology);
    const all = await diagnose(dir, { tools: { cacheDir: join(dir, 'none') } });
    expect(JSON.stringify(all)).not.toContain(PASSWORD);
    return all.filter(({ code }) => code.startsWith('COUCHDB'));
  }

  it('finds nothing where it serves', async () => {
    expect(await findings({ status: 200, body: WELCOME })).toEqual([]);
  });

  it.each([
    ['refuses the credentials', { status: 401, body: {} }, 'user and password'],
    ['is in trouble', { status: 503, body: {} }, 'status 503'],
    ['is too old', { status: 200, body: { ...WELCOME, version: '2.3.1' } }, 'version 2.3.1'],
    ['is something else', { status: 200, body: { hello: 'there' } }, 'no CouchDB'],
    ['is silent', null, 'does not answer'],
  ])('says when it %s', async (_, answer, problem) => {
    expect(await findings(answer)).toMatchObject([
      {
        code: 'COUCHDB_UNUSABLE',
        severity: 'error',
        subject: 'peer0.hospa',
        problem: expect.stringContaining(problem) as unknown,
        remedy: expect.stringContaining('peer0.hospa') as unknown,
      },
    ]);
  });

  it('says when its credentials cannot be read', async () => {
    const [finding] = await findingsAt('http://127.0.0.1:9', 'nonsense');
    expect(finding?.problem).toContain('credentials');
  });

  it('warns where the password crosses a network', async () => {
    const found = await findingsAt('http://couch.invalid:5984');
    expect(found.map(({ code }) => code).sort()).toEqual(['COUCHDB_OPEN', 'COUCHDB_UNUSABLE']);
  });
});
