import jest from 'eslint-plugin-jest';
import tsdoc from 'eslint-plugin-tsdoc';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { determinismRules } from './chaincode/determinism.eslint.js';

/** What each folder may import of the others (docs/architecture in README, "Layout"). */
const LAYERS = {
  crypto: [],
  model: [],
  chaincode: ['model', 'crypto'],
  'gateway-client': ['model', 'crypto'],
  embedded: ['model', 'crypto', 'chaincode', 'gateway-client'],
  network: [],
  cli: ['model', 'crypto', 'chaincode', 'gateway-client', 'embedded', 'network'],
};
const FOLDERS = [
  'crypto',
  'model',
  'chaincode',
  'gateway-client',
  'embedded',
  'network',
  'cli',
  'bench',
];

const layering = Object.entries(LAYERS).map(([folder, allowed]) => ({
  files: [`${folder}/src/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: FOLDERS.filter((f) => f !== folder && !allowed.includes(f)).flatMap((f) => [
              `@emr-share/${f}`,
              `@emr-share/${f}/*`,
              `**/../${f}/**`,
            ]),
            message: `${folder}/ may import only: ${allowed.join(', ') || 'none of the others'}.`,
          },
          ...(folder === 'chaincode'
            ? [
                {
                  group: ['fabric-contract-api'],
                  message: 'Import it through ./fabric.js: its decorators are invisible to ESM.',
                },
              ]
            : []),
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
  },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: {
        project: ['./*/tsconfig.json', './tsconfig.test.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { tsdoc },
    rules: {
      complexity: ['error', 10],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-template-curly-in-string': 'error',
      'tsdoc/syntax': 'error',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-inferrable-types': 'off',
    },
  },
  ...layering,
  {
    files: ['chaincode/src/**/*.ts'],
    ignores: ['chaincode/src/service/**'],
    rules: { '@typescript-eslint/require-await': 'off', ...determinismRules },
  },
  {
    files: ['chaincode/src/fabric.ts', 'chaincode/src/service/**/*.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['**/test/**/*.ts', 'test/**/*.ts'],
    plugins: { jest },
    rules: {
      ...jest.configs['flat/recommended'].rules,
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert'] }],
      'jest/no-standalone-expect': 'off',
      '@typescript-eslint/explicit-function-return-type': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines': 'off',
    },
  },
  // Shared suites and stories' stages declare tests for the files that call them.
  { files: ['test/{suites,support}/**/*.ts'], rules: { 'jest/no-export': 'off' } },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  prettier,
);
