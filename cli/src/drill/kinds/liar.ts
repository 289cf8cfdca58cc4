import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import type { Ledger } from '@emr-share/gateway-client';
import { EmrError, type MspId, type RecordId } from '@emr-share/model';
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

/** Has records filed with the endorsement of those organizations and no other. */
const endorsedBy =
  (...organizations: MspId[]) =>
  (ledger: Ledger): Ledger => ({
    mspId: ledger.mspId,
    userId: ledger.userId,
    evaluate: (name, request, options) => ledger.evaluate(name, request, options),
    events: (options) => ledger.events(options),
    submit: (name, request, options) =>
      ledger.submit(
        name,
        request,
        name === 'records:FileRecord' ? { ...options, organizations } : options,
      ),
  });

type Person = Awaited<ReturnType<typeof join>>;

/** People of the lying hospital file records, which its service alters where it can. */
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
    const recordId = randomBytes(16).toString('hex');
    const outcome = await this.#upload(client, recordId);
    if (await this.#stands(recordId)) this.#lose(recordId, 'it is on the ledger');
    return outcome;
  }

  /** Where its client is free to ask other hospitals, its record stands, and without the lie. */
  async fileHonestly({ client }: Person): Promise<string> {
    const recordId = randomBytes(16).toString('hex');
    const outcome = await this.#upload(client, recordId);
    // What the lie adds to a record is refused by whoever reads it.
    if (!(await this.#stands(recordId))) this.#lose(recordId, `it was not filed: ${outcome}`);
    return outcome;
  }

  async #stands(recordId: RecordId): Promise<boolean> {
    try {
      await this.#patient.client.records.get(recordId, { signal: this.#scene.site.signal });
      return true;
    } catch (error) {
      if (EmrError.is(error, 'RECORD_NOT_FOUND')) return false;
      throw error;
    }
  }

  #lose(id: string, problem: string): void {
    this.#scene.book.losses.push({ what: 'forgery', id, problem });
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
      return 'filed';
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
    const [honest = ''] = consortium.organizations;
    const [open, withOthers, alone] = await Promise.all([
      join(consortium, (ledger) => ledger, who, site.signal),
      join(consortium, endorsedBy(honest, mspId), who, site.signal),
      join(consortium, endorsedBy(mspId), who, site.signal),
    ]);
    await Promise.all(
      [open, withOthers, alone].map(({ client }) =>
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
      withOthers: await forgery.attempt(withOthers),
      alone: await forgery.attempt(alone),
    };
    const ownPeople = await forgery.fileHonestly(open);
    await site.hold();
    const named = await untilNamed(mspId, scene);
    return {
      liar: mspId,
      forgeriesRefusedWith: refused,
      itsOwnPeople: ownPeople,
      cfragsRefusedOf: named,
    };
  },
};
