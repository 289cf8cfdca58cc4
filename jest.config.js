// CORE_CHAINCODE_LOGGING_LEVEL=ERROR in the test script keeps fabric-shim's decorators from logging.
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@emr-share/(crypto|model|chaincode|gateway-client|embedded|network|cli|bench)$':
      '<rootDir>/$1/src/index.ts',
    '^@emr-share/chaincode/custodian-keys$': '<rootDir>/chaincode/src/service/custodian-keys.ts',
    '^@emr-share/crypto/umbral$': '<rootDir>/crypto/src/umbral/index.ts',
    '^@emr-share/crypto/native$': '<rootDir>/crypto/src/native.ts',
    '^@emr-share/gateway-client/node$': '<rootDir>/gateway-client/src/node.ts',
    '^@emr-share/cli/consortium$': '<rootDir>/cli/src/consortium/index.ts',
    '^@emr-share/gateway-client/(fabric|kubo|unixfs)$': '<rootDir>/gateway-client/src/$1/index.ts',
    '^(\\.{1,2}/.+)\\.js$': ['$1.ts', '$1.js'],
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
};

const NEEDS_NETWORK = '\\.network\\.test\\.ts$';
const LASTING = '/test/scenarios/refresh-shares\\.test\\.ts$';

/** Over real nodes; scripts/test.mjs brings a network up for it. One file at a time: --runInBand. */
const onNetwork = {
  ...base,
  globals: { EMR_BACKEND: 'fabric' },
  // Connections of a finished file may still write to globals that jest would have wrapped.
  testEnvironmentOptions: { globalsCleanup: 'off' },
};

export default {
  coverageProvider: 'v8',
  collectCoverageFrom: ['*/src/**/*.ts'],
  // Ends a test that hangs; no test measures time with it, and a busy disk may stall for a minute.
  testTimeout: 240_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{crypto,model,chaincode,gateway-client,embedded,network,cli}/test/**/*.test.ts',
      ],
      testPathIgnorePatterns: [NEEDS_NETWORK],
    },
    {
      ...base,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [NEEDS_NETWORK],
    },
    {
      ...onNetwork,
      displayName: 'network',
      testMatch: [
        '<rootDir>/*/test/**/*.network.test.ts',
        '<rootDir>/test/**/*.network.test.ts',
        '<rootDir>/test/scenarios/*.test.ts',
        '<rootDir>/test/attacks/emergency-*.test.ts',
      ],
      testPathIgnorePatterns: [LASTING],
    },
    // Run after the others: it decides on a roster, which no later test on that network is without.
    {
      ...onNetwork,
      displayName: 'network-lasting',
      testMatch: ['<rootDir>/test/scenarios/refresh-shares.test.ts'],
    },
  ],
};
