/**
 * The topology file as people write it: what has a default may be left out. Resolved by
 * `resolveTopology`, which also checks what spans several fields.
 *
 * @module
 */
import * as v from 'valibot';

const name = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1–31 of a–z, 0–9 and -, beginning with a letter'),
);
const mspId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z][A-Za-z0-9.-]{0,62}$/, 'must be letters, digits, . and -'),
);
const version = v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/, 'must be like 3.1.5'));
const port = v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65_535));
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const bytes = v.pipe(v.number(), v.integer(), v.minValue(10_240), v.maxValue(104_857_600));
const address = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be an address or name'),
);
/** An ID, a role, a department: what may stand in a certificate's attribute. */
export const attribute = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._@-]{1,128}$/, 'has other characters'),
);

/** Fabric speaks plain HTTP with CouchDB, whatever is asked of it. */
const couchdbUrl = v.pipe(
  v.string(),
  v.regex(/^[^@]*$/, 'must be without user and password: these belong into the credentials file'),
  v.regex(/^(?!https:)/, 'must begin with http: peers have no TLS towards CouchDB'),
  v.regex(
    /^http:\/\/(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\]):[1-9]\d{0,4}\/?$/,
    'must be http://HOST:PORT',
  ),
  v.check((url) => URL.canParse(url), 'must be http://HOST:PORT'),
  v.transform((url) => url.replace(/\/$/, '').toLowerCase()),
);

const StateDatabase = v.strictObject({
  /** Peer (`peer0`) → URL of a CouchDB of its own; LevelDB for those that are not there. */
  couchdb: v.pipe(
    v.record(v.string(), couchdbUrl),
    v.check((urls) => Object.keys(urls).length > 0, 'must name a peer'),
  ),
  /** File with the user and the password, mode 0600; else EMR_COUCHDB_CREDENTIALS_FILE names it. */
  credentialsFile: v.optional(
    v.pipe(v.string(), v.regex(/^\/[^\0]{0,4095}$/, 'must be an absolute path')),
  ),
});

/** Somebody with an enrolment certificate from the organization's CA. */
const User = v.strictObject({
  name,
  role: attribute,
  /** Pseudonymous user ID, the certificate attribute `emr.user`; NAME-ORGANIZATION by default. */
  userId: v.optional(attribute),
  department: v.optional(attribute),
});

const Organization = v.strictObject({
  name,
  mspId,
  /** A hospital endorses and holds fragments; a regulator orders and audits. */
  kind: v.picklist(['hospital', 'regulator']),
  host: v.optional(name),
  peers: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8))),
  orderer: v.optional(v.boolean(), true),
  users: v.optional(v.array(User), []),
  stateDatabase: v.optional(StateDatabase),
  /** Node (`ca`, `orderer`, `peer0`, `contract`, `kubo`) → port → number, where not derived. */
  ports: v.optional(v.record(v.string(), v.record(v.string(), port)), {}),
});

/**
 * Names as in the SmartBFT configuration. A dead leader costs about the heartbeat time-out. A proposal
 * that too few orderers have seen is given up after forward + complain; where requests wait longer
 * than that, followers depose leaders that are merely busy. See docs/bft-soak.md.
 */
const Bft = v.strictObject({
  batchMaxIntervalMs: v.optional(milliseconds, 200),
  incomingMessageBufferSize: v.optional(count, 200),
  requestPoolSize: v.optional(count, 100_000),
  requestForwardTimeoutMs: v.optional(milliseconds, 1_000),
  requestComplainTimeoutMs: v.optional(milliseconds, 5_000),
  requestAutoRemoveTimeoutMs: v.optional(milliseconds, 180_000),
  viewChangeResendIntervalMs: v.optional(milliseconds, 500),
  viewChangeTimeoutMs: v.optional(milliseconds, 2_000),
  leaderHeartbeatTimeoutMs: v.optional(milliseconds, 3_000),
  leaderHeartbeatCount: v.optional(count, 10),
  collectTimeoutMs: v.optional(milliseconds, 1_000),
});

const Raft = v.strictObject({
  tickIntervalMs: v.optional(milliseconds, 500),
  electionTicks: v.optional(count, 10),
  heartbeatTicks: v.optional(count, 1),
  maxInflightBlocks: v.optional(count, 5),
  snapshotIntervalBytes: v.optional(bytes, 16_777_216),
});

const Ordering = v.strictObject({
  type: v.picklist(['bft', 'raft']),
  batch: v.optional(
    v.strictObject({
      maxMessages: v.optional(count, 200),
      maxBytes: v.optional(bytes, 10_485_760),
      /** Raft only; SmartBFT does not read it. */
      preferredBytes: v.optional(bytes, 2_097_152),
      /** Raft only; SmartBFT waits for `bft.batchMaxIntervalMs`. */
      timeoutMs: v.optional(milliseconds, 200),
    }),
    {},
  ),
  bft: v.optional(Bft, {}),
  raft: v.optional(Raft, {}),
});

export const TopologyFile = v.strictObject({
  /** Version of this format. */
  version: v.literal(1),
  name,
  channel: name,
  basePort: v.optional(port, 17_000),
  tools: v.strictObject({ fabric: version, fabricCa: version, kubo: version }),
  /** Name → address; the first one is the default of the organizations. */
  hosts: v.optional(v.record(name, address), { local: '127.0.0.1' }),
  contract: v.strictObject({
    name,
    version: v.pipe(v.string(), v.regex(/^[A-Za-z0-9.+-]{1,32}$/, 'has other characters')),
    sequence: count,
  }),
  ordering: Ordering,
  organizations: v.pipe(v.array(Organization), v.minLength(1, 'must not be empty')),
});
export type TopologyFile = v.InferOutput<typeof TopologyFile>;
