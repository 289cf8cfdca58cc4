import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { Ledger } from '@emr-share/gateway-client';
import { EmrError, type MspId } from '@emr-share/model';
import { contractCommandOf, type ContractCommand, startNodes } from '@emr-share/network';
import { CliError } from '../../errors/cli-error.js';
import type { Drill, DrillScene } from '../drill.js';
import { join, type Patient } from '../load/cast.js';

const PRELOAD = new URL('../liar/preload.js', import.meta.url).href;
const NAMED_LIMIT_MS = 60_000;
const POLL_MS = 250;

/** The honest service, made to lie. */
function lying({ command, env = {} }: ContractCommand): ContractCommand {
  const [program, ...args] = command;
  if (!/^node(\.exe)?$/.test(basename(program))) {
    const message = `the contract service runs ${basename(program)}; only one run by node can be made to lie`;
    throw new CliError('DRILL_IMPOSSIBLE', message);
  }
  return { command: [program, '--import', PRELOAD, ...args], env };
}

/** Has records filed with the endorsement of that organization alone. */
const endorsedBy =
  (mspId: MspId) =>
  (ledger: Ledger): Ledger => ({
    mspId: ledger.mspId,
    userId: ledger.userId,
    evaluate: (name, request, options) => ledger.evaluate(name, request, options),
    events: (options) => ledger.events(options),
    submit: (name, request, options) =>
      ledger.submit(
        name,
        request,
        name === 'records:FileRecord' ? { ...options, organizations: [mspId] } : options,
      ),
  });

type Person = Awaited<ReturnType<typeof join>>;

/** A physician of the lying hospital files a record, which its service alters. */
class Forgery {
  readonly #scene: DrillScene;
  readonly #patient: Patient;

  constructor(scene: DrillScene) {
    const [patient] = scene.cast.patients;
    if (patient === undefined)
      throw new CliError('DRILL_IMPOSSIBLE', 'there is no honest hospital');
    this.#scene = scene;
    this.#patient = patient;
  }

  /** @returns what it is refused with; a forgery that is not refused, or stands, is a loss */
  async attempt({ client }: Person): Promise<string> {
    const { site, book } = this.#scene;
    const recordId = randomBytes(16).toString('hex');
    const outcome = await this.#upload(client, recordId);
    try {
      await this.#patient.client.records.get(recordId, { signal: site.signal });
      book.losses.push({ what: 'forgery', id: recordId, problem: 'it is on the ledger' });
    } catch (error) {
      if (!EmrError.is(error, 'RECORD_NOT_FOUND')) throw error;
    }
    return outcome;
  }

  async #upload(client: Person['client'], recordId: string): Promise<string> {
    const { site } = this.#scene;
    const terms = {
      patient: this.#patient.userId,
      category: 'medicine',
      contentType: 'text/plain',
    } as const;
    try {
      await client.records.upload(randomBytes(64), { ...terms, recordId, signal: site.signal });
      return 'nothing';
    } catch (error) {
      site.signal.throwIfAborted();
      if (!EmrError.is(error)) throw error;
      return error.code;
    }
  }
}

/** MSP ID → how often its re-encryptions were refused. */
function refusedCfrags({ cast }: DrillScene): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { warnings } of cast.physicians) {
    for (const warning of warnings) {
      if (!EmrError.is(warning, 'CFRAG_INVALID')) continue;
      const { mspId } = warning.details;
      counts[mspId] = (counts[mspId] ?? 0) + 1;
    }
  }
  return counts;
}

async function untilNamed(liar: MspId, scene: DrillScene): Promise<Record<string, number>> {
  const { site, book } = scene;
  const deadline = performance.now() + NAMED_LIMIT_MS;
  while (refusedCfrags(scene)[liar] === undefined && performance.now() < deadline) {
    await site.hold(POLL_MS);
  }
  const named = refusedCfrags(scene);
  for (const mspId of new Set([liar, ...Object.keys(named)])) {
    if ((mspId === liar) === mspId in named) continue;
    const problem = mspId === liar ? 'its lies were not noticed' : 'it was named and did not lie';
    book.losses.push({ what: 'forgery', id: mspId, problem });
  }
  return named;
}

export const liar: Drill = {
  castFrom: (organizations) => organizations.slice(0, -1),
  run: async (scene) => {
    const { site, consortium } = scene;
    const node = site.lastOf(site.named('contract'), 'contract service');
    const mspId = consortium.organizations.at(-1) ?? '';
    const who = { name: 'forger', mspId, role: 'physician' } as const;
    const [open, alone] = await Promise.all([
      join(consortium, (ledger) => ledger, who, site.signal),
      join(consortium, endorsedBy(mspId), who, site.signal),
    ]);
    await Promise.all(
      [open, alone].map(({ client }) =>
        client.identity.register({ role: 'physician', signal: site.signal }),
      ),
    );
    const contract = lying(await contractCommandOf(site.dir));
    site.note(`making ${node} lie`);
    const blow = await site.strike(`${node} lies`, () =>
      startNodes(site.dir, [node], { contract, signal: site.signal }),
    );
    await site.served(blow);
    const forgery = new Forgery(scene);
    const refused = {
      withOthers: await forgery.attempt(open),
      alone: await forgery.attempt(alone),
    };
    await site.hold();
    const named = await untilNamed(mspId, scene);
    return { liar: mspId, forgeriesRefusedWith: refused, cfragsRefusedOf: named };
  },
};
