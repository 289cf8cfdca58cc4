// Works on a ledger until it is killed, and says what was acknowledged. Runs on the built package.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { once } from 'node:events';
import { createIdentity } from '@emr-share/gateway-client/node';
import { CertificateAuthority } from '../../dist/ca/certificate-authority.js';
import { generateP256 } from '../../dist/ca/p256.js';
import { Deployment } from '../../dist/deployment.js';

const COLLECTION = '_implicit_org_HospBMSP';
const EVERYBODY = ['HospAMSP', 'HospBMSP', 'HospCMSP'];
const OWNER = ['HospBMSP'];
const WORKERS = 3;

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const functions = {
  put: (stub, [key, value]) => stub.putState(key, Buffer.from(value)),
  putPrivate: (stub, [key]) =>
    stub.putPrivateData(COLLECTION, key, stub.getTransient().get('value')),
  purge: (stub, [key]) => stub.purgePrivateData(COLLECTION, key),
};

async function invoke(stub) {
  const { fcn, params } = stub.getFunctionAndParameters();
  await functions[fcn](stub, params);
  return { status: 200, payload: Buffer.alloc(0) };
}

async function enrol(deployment, userId) {
  const { publicKey, privateKey } = await generateP256();
  const certificatePem = await deployment
    .organization('HospAMSP')
    .authority.enrol(
      { userId, role: 'physician' },
      publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      CertificateAuthority.enrolmentValidity(Date.now()),
    );
  const privateKeyPem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return createIdentity({ mspId: 'HospAMSP', certificatePem, privateKeyPem });
}

async function work(submit, run, worker) {
  for (let i = 0; ; i++) {
    const key = `${run}-${worker}-${i}`;
    await submit('put', [key, key], { organizations: EVERYBODY });
    say({ kind: 'put', key });
    const value = randomBytes(32);
    await submit('putPrivate', [key], { organizations: OWNER, transient: { value } });
    say({ kind: 'private', key, value: value.toString('hex') });
    if (i % 3 === 2) {
      say({ kind: 'purging', key });
      await submit('purge', [key], { organizations: OWNER });
      say({ kind: 'purged', key });
    }
  }
}

const [directory, run] = process.argv.slice(2);
say({ kind: 'ready' });
await once(process.stdin, 'data');
const chaincodeOf = () => ({ Init: invoke, Invoke: invoke });
const deployment = await Deployment.open({ directory, chaincodeOf, waitMs: 60_000 });
say({ kind: 'open' });
const identity = await enrol(deployment, `user-${run}`);
const submit = (transaction, args, options) =>
  deployment.channel.submit(identity, { transaction, args, ...options });
await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(submit, run, worker)));
