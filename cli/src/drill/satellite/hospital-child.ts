/**
 * What a hospital offers to emergency posts beside its gateway: its store, behind a token, and an
 * on-duty service that approves emergencies. A process on the hospital's host.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { connect, type EmrClient, Keyring } from '@emr-share/gateway-client';
import { connectionProfiles } from '@emr-share/network';
import { openFabricConsortium } from '../../consortium/index.js';
import type { HospitalReady, HospitalTask } from './hospital-messages.js';

type ApprovalRequest = Parameters<EmrClient['emergency']['signApproval']>[0];

const FORBIDDEN = 403;
const BAD_GATEWAY = 502;
/** A post that is connected stays so. */
const KEEP_ALIVE_MS = 600_000;

async function dutyService({ dir, mspId }: HospitalTask): Promise<EmrClient> {
  const consortium = await openFabricConsortium(dir);
  const userId = `duty.${randomBytes(5).toString('hex')}`;
  const identity = await consortium.enrol(mspId, { userId, role: 'duty-service' });
  const ledger = consortium.ledger(identity);
  const client = await connect({ ledger, blobs: consortium.blobs, keyring: Keyring.random() });
  await client.identity.register({ role: 'duty-service' });
  return client;
}

/** URL of the RPC API of the hospital's own Kubo node. */
async function storeOf({ dir, mspId }: HospitalTask): Promise<string> {
  const profiles = Object.entries(await connectionProfiles(dir));
  for (const [name, { organizations, stores }] of profiles) {
    const own = stores.find(({ organization }) => organization === name);
    if (organizations[name]?.mspid === mspId && own !== undefined) return own.url;
  }
  throw new TypeError(`${mspId} has no store`);
}

async function forward(url: string, incoming: IncomingMessage, out: ServerResponse): Promise<void> {
  const { authorization: _token, host: _host, ...headers } = incoming.headers;
  const onward = request(new URL(incoming.url ?? '/', url), { method: 'POST', headers });
  await pipeline(incoming, onward);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  out.writeHead(answer.statusCode ?? BAD_GATEWAY, answer.headers);
  await pipeline(answer, out);
}

async function serve(task: HospitalTask): Promise<void> {
  const [duty, store] = await Promise.all([dutyService(task), storeOf(task)]);
  const answer = async (incoming: IncomingMessage, out: ServerResponse): Promise<void> => {
    if (incoming.headers.authorization !== `Bearer ${task.token}`) {
      out.writeHead(FORBIDDEN).end();
    } else if (incoming.url === '/health') {
      out.end();
    } else if (incoming.url === '/approve') {
      const asked = JSON.parse((await buffer(incoming)).toString()) as ApprovalRequest;
      out.end(JSON.stringify(duty.emergency.signApproval(asked)));
    } else {
      await forward(store, incoming, out);
    }
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, out) => {
    answer(incoming, out).catch((error: unknown) => {
      out.destroy(error as Error);
    });
  });
  server.listen(task.port, task.address);
  await once(server, 'listening');
  process.send?.({ ready: true } satisfies HospitalReady);
}

process.once('message', (task: HospitalTask) => {
  void serve(task);
});
process.once('disconnect', () => process.exit());
