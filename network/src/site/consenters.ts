/**
 * The orderers that a BFT channel is ordered by, and the rule by which peers take its blocks, in the
 * JSON of a configuration. The rule names the consenters in their order: Fabric refuses another one.
 *
 * @module
 */
import type { ConfigGroup } from '../channel/channel-config.js';

/** One orderer. Its ID is what the others know it by in their votes: it stays. */
export interface Consenter {
  id: number;
  msp_id: string;
  /** Certificate, PEM in base64. */
  identity: string;
}

interface Orderers {
  consenter_mapping?: readonly Consenter[];
}

/** How many of `count` make a block valid: more than two thirds, as Fabric counts them. */
export function blockQuorum(count: number): number {
  const faulty = Math.floor((count - 1) / 3);
  return Math.ceil((count + faulty + 1) / 2);
}

export function consentersIn(orderer: ConfigGroup): readonly Consenter[] {
  return (orderer.values['Orderers']?.value as Orderers | undefined)?.consenter_mapping ?? [];
}

/** Has these order, by the order of their IDs, and a quorum of them make blocks valid. */
export function setConsenters(orderer: ConfigGroup, consenters: readonly Consenter[]): void {
  const mapping = [...consenters].sort((a, b) => a.id - b.id);
  const [orderers, validation] = [
    orderer.values['Orderers'],
    orderer.policies['BlockValidation']?.policy as { value?: Record<string, unknown> } | undefined,
  ];
  if (orderers === undefined || validation?.value === undefined) {
    throw new Error('the configuration of the channel has no consenters');
  }
  orderers.value = { consenter_mapping: mapping };
  validation.value = {
    ...validation.value,
    identities: mapping.map(({ msp_id: mspid, identity }) => ({
      principal: { id_bytes: identity, mspid },
      principal_classification: 'IDENTITY',
    })),
    rule: {
      n_out_of: {
        n: blockQuorum(mapping.length),
        rules: mapping.map((_, i) => ({ signed_by: i })),
      },
    },
  };
}
