/**
 * What the network runs, by product: programs, how each reports its version, where its release and
 * its source come from, how it is built.
 *
 * @module
 */
import type { Topology } from '../topology/topology.js';

export type ProductName = keyof Topology['tools'];

/** Platform as the releases name it. */
export interface Platform {
  os: string;
  arch: string;
}

/** A program and the arguments that make it print its version; `null` where it has no such report. */
export interface Program {
  /** Path below the product's folder. */
  path: string;
  versionArgs: readonly string[] | null;
}

/** One run of `go build`; each entry of `packages` becomes a program of that name in `outputDir`. */
export interface GoBuild {
  /** Below the source tree: the folder of the module. */
  moduleDir: string;
  packages: readonly string[];
  outputDir: string;
  ldflags: string;
  env: Readonly<Record<string, string>>;
  args: readonly string[];
}

export interface Product {
  name: ProductName;
  title: string;
  version: string;
  programs: readonly Program[];
  /** Other files that the network reads, below the product's folder. */
  files: readonly string[];
  release: {
    /** Below the mirror's base URL. */
    path: string;
    /** Appended to the path, where the project publishes a digest beside the archive. */
    digestSuffix?: '.sha512';
    /** Folder of the archive that becomes the product's folder; '' for the archive itself. */
    root: string;
    /** Archive path → product path, where they differ. */
    moves: Readonly<Record<string, string>>;
  };
  source: {
    archive: string;
    repository: string;
    tag: string;
    commit: string;
    builds: readonly GoBuild[];
    /** Source folder → product folder, copied as it is. */
    copies: Readonly<Record<string, string>>;
    /** Two cores, nothing cached. */
    estimateMs: number;
  };
}

/** Commit of each version that this package knows; another version is built only when named here. */
const COMMITS: Readonly<Record<ProductName, Readonly<Record<string, string>>>> = {
  fabric: { '3.1.5': '86c1172bec37e6590c6b1ae6f847833df48d65fc' },
  fabricCa: { '1.5.21': 'f355456a72323ae2a4a250fdecb8744a8c041150' },
  kubo: { '0.42.0': '969853d9609b3a261ef4e41a5eec437188c09ffe' },
};

const FABRIC_PROGRAMS: readonly Program[] = [
  { path: 'bin/peer', versionArgs: ['version'] },
  { path: 'bin/orderer', versionArgs: ['version'] },
  { path: 'bin/configtxgen', versionArgs: ['-version'] },
  { path: 'bin/configtxlator', versionArgs: ['version'] },
  { path: 'bin/osnadmin', versionArgs: null },
  { path: 'bin/discover', versionArgs: null },
  { path: 'bin/ledgerutil', versionArgs: null },
  { path: 'builders/ccaas/bin/build', versionArgs: null },
  { path: 'builders/ccaas/bin/detect', versionArgs: null },
  { path: 'builders/ccaas/bin/release', versionArgs: null },
];
const STRIP = '-s -w';

function fabric(version: string, { os, arch }: Platform): Product {
  const metadata = 'github.com/hyperledger/fabric/common/metadata.Version';
  return {
    name: 'fabric',
    title: 'Hyperledger Fabric',
    version,
    programs: FABRIC_PROGRAMS,
    files: ['config/core.yaml', 'config/orderer.yaml'],
    release: {
      path: `hyperledger/fabric/releases/download/v${version}/hyperledger-fabric-${os}-${arch}-${version}.tar.gz`,
      root: '',
      moves: {},
    },
    source: {
      archive: `fabric-${version}.tar.gz`,
      repository: 'hyperledger/fabric',
      tag: `v${version}`,
      commit: COMMITS.fabric[version] ?? '',
      builds: [
        {
          moduleDir: '.',
          packages: FABRIC_PROGRAMS.filter(({ path }) => path.startsWith('bin/')).map(
            ({ path }) => `./cmd/${path.slice('bin/'.length)}`,
          ),
          outputDir: 'bin',
          ldflags: `${STRIP} -X ${metadata}=v${version}`,
          env: {},
          args: ['-mod=vendor'],
        },
        {
          moduleDir: 'ccaas_builder',
          packages: ['./cmd/build', './cmd/detect', './cmd/release'],
          outputDir: 'builders/ccaas/bin',
          ldflags: STRIP,
          env: {},
          args: [],
        },
      ],
      copies: { sampleconfig: 'config' },
      estimateMs: 180_000,
    },
  };
}

function fabricCa(version: string, { os, arch }: Platform): Product {
  const metadata = 'github.com/hyperledger/fabric-ca/lib/metadata.Version';
  return {
    name: 'fabricCa',
    title: 'Fabric CA',
    version,
    programs: ['fabric-ca-server', 'fabric-ca-client'].map((name) => ({
      path: `bin/${name}`,
      versionArgs: ['version'],
    })),
    files: [],
    release: {
      path: `hyperledger/fabric-ca/releases/download/v${version}/hyperledger-fabric-ca-${os}-${arch}-${version}.tar.gz`,
      root: '',
      moves: {},
    },
    source: {
      archive: `fabric-ca-${version}.tar.gz`,
      repository: 'hyperledger/fabric-ca',
      tag: `v${version}`,
      commit: COMMITS.fabricCa[version] ?? '',
      builds: [
        {
          moduleDir: '.',
          packages: ['./cmd/fabric-ca-server', './cmd/fabric-ca-client'],
          outputDir: 'bin',
          ldflags: `${STRIP} -X ${metadata}=${version}`,
          env: { CGO_ENABLED: '1' },
          args: ['-mod=mod'],
        },
      ],
      copies: {},
      estimateMs: 100_000,
    },
  };
}

function kubo(version: string, { os, arch }: Platform): Product {
  return {
    name: 'kubo',
    title: 'Kubo (IPFS)',
    version,
    programs: [{ path: 'bin/ipfs', versionArgs: ['version', '--number'] }],
    files: [],
    release: {
      path: `ipfs/kubo/releases/download/v${version}/kubo_v${version}_${os}-${arch}.tar.gz`,
      digestSuffix: '.sha512',
      root: 'kubo',
      moves: { ipfs: 'bin/ipfs' },
    },
    source: {
      archive: `kubo-${version}.tar.gz`,
      repository: 'ipfs/kubo',
      tag: `v${version}`,
      commit: COMMITS.kubo[version] ?? '',
      builds: [
        {
          moduleDir: '.',
          packages: ['./cmd/ipfs'],
          outputDir: 'bin',
          ldflags: STRIP,
          env: {},
          args: ['-mod=mod'],
        },
      ],
      copies: {},
      estimateMs: 120_000,
    },
  };
}

/** This machine, as the releases name it: `linux` `amd64`, `darwin` `arm64`, … */
export function currentPlatform(): Platform {
  return {
    os: process.platform === 'win32' ? 'windows' : process.platform,
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
  };
}

/** The products a topology asks for. */
export function productsOf(tools: Topology['tools'], platform: Platform): readonly Product[] {
  return [
    fabric(tools.fabric, platform),
    fabricCa(tools.fabricCa, platform),
    kubo(tools.kubo, platform),
  ];
}
