/**
 * The transactions by which shares of audience grants are handed on to the custodians of a roster.
 * See docs/protocol.md §8.10.
 *
 * @module
 */
import * as v from 'valibot';
import { AudienceId } from '../audience-parts.js';
import { MspId } from '../ids.js';
import { Roster, RosterNumber, RosterSupport, RosterTerms } from '../roster.js';
import { ScopeId } from '../scope.js';
import { Dealing } from '../sharing.js';
import { SealedShareHex } from './audiences.js';
import { Empty, list, paged, PageSize, spec, type TransactionTable } from './spec.js';

/** One scope of one audience grant. */
export const SharedScopeRef = v.strictObject({ audienceId: AudienceId, scopeId: ScopeId });
export type SharedScopeRef = v.InferOutput<typeof SharedScopeRef>;

/** Transient data of `custody:DepositDealings`, under the key `dealings`. */
export const DealingDeposit = v.strictObject({
  dealings: list(v.strictObject({ dealing: Dealing, sealed: SealedShareHex })),
});
export type DealingDeposit = v.InferOutput<typeof DealingDeposit>;

/** The same for dealt shares. */
export const TRANSIENT_DEALINGS = 'dealings';

/**
 * What an organization has to do for one scope: `deal` its share; `combine` what was dealt to it;
 * `activate` the new sharing; `purge` what is left of former ones; `wait` for others; or nothing that
 * it could do: the patient has to `renew` a grant that asks for more custodians than the roster has.
 */
export const REFRESH_STEPS = ['deal', 'combine', 'activate', 'purge', 'wait', 'renew'] as const;
export type RefreshStep = (typeof REFRESH_STEPS)[number];

export const RefreshTask = v.strictObject({
  audienceId: AudienceId,
  scopeId: ScopeId,
  step: v.picklist(REFRESH_STEPS),
  /** Organizations that others wait for before the next step. */
  waitsFor: v.array(MspId),
});
export type RefreshTask = v.InferOutput<typeof RefreshTask>;

const scopesAt = v.strictObject({
  mspId: MspId,
  roster: RosterNumber,
  scopes: list(SharedScopeRef),
});

export const CUSTODY_TRANSACTIONS = {
  /**
   * By an admin of an organization with a custodian key, for that organization; the last one counts,
   * until a majority of them supports the same terms: that puts the roster in force.
   */
  'custody:SupportRoster': spec('consortium', RosterTerms, RosterSupport),
  /** The roster of that number, or the one in force. */
  'custody:GetRoster': spec('query', v.strictObject({ number: v.optional(RosterNumber) }), Roster),
  /** The roster in force, and what is supported as the next one. */
  'custody:ListRosters': spec(
    'query',
    Empty,
    v.strictObject({ inForce: v.optional(Roster), supported: v.array(RosterSupport) }),
  ),
  /** A page of what an organization has to do for the roster in force. For its admin. */
  'custody:ListTasks': spec(
    'query',
    v.strictObject({ mspId: MspId, roster: RosterNumber, pageSize: PageSize, ...paged }),
    v.strictObject({ tasks: v.array(RefreshTask), ...paged }),
  ),
  /**
   * This organization's shares, shared among the custodians of the roster: the public half, and each
   * custodian's part sealed to it. For its admin; the same answer each time.
   */
  'custody:PrepareDealings': spec(
    'custodian-query',
    scopesAt,
    v.strictObject({
      prepared: v.array(
        v.strictObject({
          dealing: Dealing,
          sealed: v.array(v.strictObject({ mspId: MspId, sealed: SealedShareHex })),
        }),
      ),
    }),
  ),
  /** Hands a custodian of the roster its parts. By an admin of the dealer. */
  'custody:DepositDealings': spec(
    'organization',
    v.strictObject({ mspId: MspId, dealer: MspId, roster: RosterNumber }),
    v.strictObject({ mspId: MspId, deposited: v.array(SharedScopeRef) }),
  ),
  /**
   * Makes dealings known, once every custodian of the roster has its part. The one that makes them
   * enough fixes which are used.
   */
  'custody:Deal': spec(
    'consortium',
    v.strictObject({ dealings: list(Dealing) }),
    v.strictObject({ dealt: v.array(SharedScopeRef), fixed: v.array(SharedScopeRef) }),
  ),
  /** Makes this organization's new shares of what was dealt to it. By its admin. */
  'custody:CombineShares': spec(
    'organization',
    scopesAt,
    v.strictObject({ mspId: MspId, combined: v.array(SharedScopeRef) }),
  ),
  /** From here on the new sharing counts, and no other. By any admin. */
  'custody:ActivateShares': spec(
    'consortium',
    v.strictObject({ roster: RosterNumber, scopes: list(SharedScopeRef) }),
    v.strictObject({ activated: v.array(SharedScopeRef) }),
  ),
  /** Removes what this organization has of former sharings. By its admin. */
  'custody:PurgeFormerShares': spec(
    'organization',
    scopesAt,
    v.strictObject({ mspId: MspId, purged: v.array(SharedScopeRef) }),
  ),
} as const satisfies TransactionTable;
