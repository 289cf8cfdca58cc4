/**
 * Handing the shares of audience grants on to the custodians of the roster in force: one organization's
 * part of it. See docs/protocol.md §8.10.
 *
 * @module
 */
import {
  canonicalBytes,
  EmrError,
  TRANSIENT_DEALINGS,
  type MspId,
  type RefreshStep,
  type RefreshTask,
  type Roster,
  type SharedScopeRef,
  type TransactionResponse,
} from '@emr-share/model';
import { allOf } from '../all-of.js';
import { inBatches } from '../batches.js';
import { overPages } from '../pages.js';
import type { Ledger } from '../ports/ledger.js';
import { whileBehind } from '../retry.js';

/** What a call has done, and what is left. */
export interface RefreshReport {
  readonly mspId: MspId;
  /** Number of the roster in force. */
  readonly roster: number;
  /** Scopes for which this call did each step. */
  readonly done: Readonly<Record<ActiveStep, number>>;
  /** Scopes that wait for others, and for whom. */
  readonly waiting: { readonly scopes: number; readonly organizations: readonly MspId[] };
  /** Audience grants that ask for more custodians than the roster has: their patients set them anew. */
  readonly outdated: readonly string[];
}

/** A step that an organization takes. */
export type ActiveStep = Exclude<RefreshStep, 'wait' | 'renew'>;

/** Where a call stands. */
export interface RefreshProgress {
  readonly step: ActiveStep;
  /** Scopes that the step is taken for. */
  readonly scopes: number;
}

export interface RefreshOptions {
  /** As an admin of the organization. */
  readonly ledger: Ledger;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RefreshProgress) => void) | undefined;
}

type Prepared = TransactionResponse<'custody:PrepareDealings'>['prepared'];

const STEPS: readonly ActiveStep[] = ['deal', 'combine', 'activate', 'purge'];

const never = new AbortController().signal;

/**
 * Does everything that an organization can do for now so that the custodians of the roster in force get
 * their shares: deals its own, makes new ones of what was dealt to it, puts them in force where all are
 * there, and purges what is left of former ones. Repeat it until nothing waits; a call that ended
 * early, at whatever step, is finished by the next one. The keys are never put together.
 *
 * @throws EmrError `ROSTER_NOT_FOUND` before the first roster; `ROLE_DENIED`; `SHARE_INVALID`,
 *   `DEALING_INVALID`, `CUSTODIAN_STALE` where something is not as it should be.
 */
export async function refreshShares(options: RefreshOptions): Promise<RefreshReport> {
  return new Refresh(options).run();
}

class Refresh {
  readonly #ledger: Ledger;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: RefreshProgress) => void;
  readonly #done: Record<ActiveStep, number> = { deal: 0, combine: 0, activate: 0, purge: 0 };
  /** Dealings that a custodian could not be handed, by the organization. */
  readonly #unreached = new Set<MspId>();

  constructor({ ledger, signal = never, onProgress = () => undefined }: RefreshOptions) {
    this.#ledger = ledger;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  async run(): Promise<RefreshReport> {
    const options = { organizations: [this.#ledger.mspId], signal: this.#signal };
    const roster = await this.#ledger.evaluate('custody:GetRoster', {}, options);
    let tasks = await this.#tasks(roster);
    for (const step of STEPS) {
      const scopes = tasks.filter((task) => task.step === step).map(refOf);
      if (scopes.length === 0) continue;
      this.#onProgress({ step, scopes: scopes.length });
      for (const batch of inBatches(scopes))
        this.#done[step] += await this.#take(step, roster, batch);
      tasks = await this.#tasks(roster);
    }
    return this.#report(roster, tasks);
  }

  async #tasks({ number: roster }: Roster): Promise<readonly RefreshTask[]> {
    const { mspId } = this.#ledger;
    const tasks: RefreshTask[] = [];
    const pages = overPages(async (bookmark) => {
      const request = { mspId, roster, bookmark };
      const options = { organizations: [mspId], signal: this.#signal };
      const page = await this.#ledger.evaluate('custody:ListTasks', request, options);
      return { items: page.tasks, bookmark: page.bookmark };
    });
    for await (const task of pages) tasks.push(task);
    return tasks;
  }

  #take(step: ActiveStep, roster: Roster, scopes: readonly SharedScopeRef[]): Promise<number> {
    switch (step) {
      case 'deal':
        return this.#deal(roster, scopes);
      case 'combine':
        return this.#combine(roster, scopes);
      case 'activate':
        return this.#activate(roster, scopes);
      case 'purge':
        return this.#purge(roster, scopes);
    }
  }

  async #deal({ number: roster }: Roster, refs: readonly SharedScopeRef[]): Promise<number> {
    const { mspId } = this.#ledger;
    return this.#settled(async () => {
      const request = { mspId, roster, scopes: [...refs] };
      const options = { organizations: [mspId], signal: this.#signal };
      const { prepared } = await this.#ledger.evaluate('custody:PrepareDealings', request, options);
      if (prepared.length === 0 || !(await this.#deposit(roster, prepared))) return 0;
      const dealings = prepared.map(({ dealing }) => dealing);
      const { response } = await whileBehind(['SHARE_MISSING'], this.#signal, () =>
        this.#ledger.submit('custody:Deal', { dealings }, { signal: this.#signal }),
      );
      return response.dealt.length;
    });
  }

  /** Hands every custodian its parts; `false` where one is out of reach: it has to be there. */
  async #deposit(roster: number, prepared: Prepared): Promise<boolean> {
    const receivers = new Set(prepared.flatMap(({ sealed }) => sealed.map(({ mspId }) => mspId)));
    let reached = true;
    await allOf(
      Array.from(receivers, async (mspId) => {
        try {
          await this.#depositAt(mspId, roster, prepared);
        } catch (error) {
          if (!EmrError.is(error, 'LEDGER_UNAVAILABLE')) throw error;
          this.#unreached.add(mspId);
          reached = false;
        }
      }),
      this.#signal,
    );
    return reached;
  }

  async #depositAt(mspId: MspId, roster: number, prepared: Prepared): Promise<void> {
    const dealings = prepared.map(({ dealing, sealed }) => ({
      dealing,
      sealed: sealed.find((part) => part.mspId === mspId)?.sealed ?? '',
    }));
    const request = { mspId, dealer: this.#ledger.mspId, roster };
    const transient = { [TRANSIENT_DEALINGS]: canonicalBytes({ dealings }) };
    const options = { organizations: [mspId], transient, signal: this.#signal };
    // A peer that is a block behind does not know the roster yet.
    await whileBehind(['ROSTER_STALE', 'ROSTER_NOT_FOUND'], this.#signal, () =>
      this.#settled(async () => {
        await this.#ledger.submit('custody:DepositDealings', request, options);
        return 0;
      }),
    );
  }

  async #combine({ number: roster }: Roster, scopes: readonly SharedScopeRef[]): Promise<number> {
    const { mspId } = this.#ledger;
    const request = { mspId, roster, scopes: [...scopes] };
    const options = { organizations: [mspId], signal: this.#signal };
    return this.#settled(async () => {
      const { response } = await this.#ledger.submit('custody:CombineShares', request, options);
      return response.combined.length;
    });
  }

  async #activate({ number: roster }: Roster, scopes: readonly SharedScopeRef[]): Promise<number> {
    const request = { roster, scopes: [...scopes] };
    return this.#settled(() =>
      whileBehind(['SHARE_MISSING', 'SHARING_UNKNOWN'], this.#signal, async () => {
        const options = { signal: this.#signal };
        const { response } = await this.#ledger.submit('custody:ActivateShares', request, options);
        return response.activated.length;
      }),
    );
  }

  async #purge({ number: roster }: Roster, scopes: readonly SharedScopeRef[]): Promise<number> {
    const { mspId } = this.#ledger;
    const request = { mspId, roster, scopes: [...scopes] };
    const options = { organizations: [mspId], signal: this.#signal };
    return this.#settled(async () => {
      const { response } = await this.#ledger.submit('custody:PurgeFormerShares', request, options);
      return response.purged.length;
    });
  }

  /** Whether a transaction of unknown fate arrived shows in the tasks that are read next. */
  async #settled(take: () => Promise<number>): Promise<number> {
    try {
      return await take();
    } catch (error) {
      if (EmrError.is(error, 'COMMIT_UNKNOWN')) return 0;
      throw error;
    }
  }

  #report({ number }: Roster, tasks: readonly RefreshTask[]): RefreshReport {
    const open = tasks.filter(({ step }) => step !== 'renew');
    const organizations = new Set([
      ...this.#unreached,
      ...open.flatMap(({ step, waitsFor }) => (step === 'wait' ? waitsFor : [])),
    ]);
    const outdated = tasks.filter(({ step }) => step === 'renew');
    return {
      mspId: this.#ledger.mspId,
      roster: number,
      done: this.#done,
      waiting: { scopes: open.length, organizations: [...organizations] },
      outdated: [...new Set(outdated.map(({ audienceId }) => audienceId))],
    };
  }
}

const refOf = ({ audienceId, scopeId }: RefreshTask): SharedScopeRef => ({ audienceId, scopeId });
