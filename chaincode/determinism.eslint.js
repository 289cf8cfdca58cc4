/**
 * What a contract may not use: every endorser must compute the same result, at any time, on any
 * machine. Clocks, randomness, timers, the environment, the file system, the network, races, locale,
 * and orders that the language leaves open.
 */
const ADVICE =
  'Endorsers must compute the same result: use the transaction timestamp and caller-chosen IDs.';

const GLOBALS = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'WebSocket',
  'process',
  'performance',
  'crypto',
  'Intl',
  'navigator',
  'globalThis',
  'global',
  'require',
  'WeakRef',
  'FinalizationRegistry',
  'Atomics',
  'SharedArrayBuffer',
];

const PROPERTIES = [
  ['Date', 'now'],
  ['Math', 'random'],
  // Libraries differ in the last digit; state holds integers.
  ...['sin', 'cos', 'tan', 'exp', 'log', 'log2', 'log10', 'pow', 'sqrt', 'cbrt'].map((name) => [
    'Math',
    name,
  ]),
  ['Promise', 'race'],
  ['Promise', 'any'],
];

/** Whatever the object is: randomness, locale and time zone. */
const MEMBERS = [
  'random',
  'randomUUID',
  'randomBytes',
  'getRandomValues',
  'generateKeyPair',
  'localeCompare',
  'toLocaleString',
  'toLocaleDateString',
  'toLocaleTimeString',
  'toLocaleUpperCase',
  'toLocaleLowerCase',
  'toDateString',
  'toTimeString',
  'getTimezoneOffset',
  'getFullYear',
  'getMonth',
  'getDate',
  'getDay',
  'getHours',
  'getMinutes',
  'getSeconds',
];

/** Names of @emr-share/crypto that draw from the platform's generator. */
const RANDOMIZED = ['systemRng', 'encrypt', 'generateKFrags', 'sealBox', 'sealWithPassphrase'];

const SYNTAX = [
  // `new Date()` and `Date()` read the clock; `new Date(millis)` does not.
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
  'ForInStatement',
  'ImportExpression',
  'MetaProperty',
  'ImportDeclaration[source.value=/^node:|^(assert|child_process|crypto|dgram|dns|fs|http|http2|https|net|os|path|perf_hooks|process|timers|tls|url|util|v8|vm|worker_threads|zlib)(\\u002f|$)/]',
  `ImportSpecifier[imported.name=/^(${RANDOMIZED.join('|')})$/]`,
  // Without a generator of their own they draw the nonce of their proof.
  'CallExpression[callee.name=/^reencrypt/][arguments.length<3]',
  "CallExpression[callee.object.name='Partial'][callee.property.name='compute'][arguments.length<4]",
  // Without a comparator the order of what is not text depends on how it prints.
  'CallExpression[callee.property.name=/^(sort|toSorted)$/][arguments.length=0]',
];

export const determinismRules = {
  'no-restricted-globals': ['error', ...GLOBALS.map((name) => ({ name, message: ADVICE }))],
  'no-restricted-properties': [
    'error',
    ...PROPERTIES.map(([object, property]) => ({ object, property, message: ADVICE })),
    ...MEMBERS.map((property) => ({ property, message: ADVICE })),
  ],
  'no-restricted-syntax': ['error', ...SYNTAX.map((selector) => ({ selector, message: ADVICE }))],
};
