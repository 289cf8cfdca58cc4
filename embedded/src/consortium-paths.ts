/**
 * Where things lie in a consortium's directory.
 *
 * @module
 */
import { join } from 'node:path';
import type { MspId } from '@emr-share/model';

/** Folders and files of one organization. */
export interface OrganizationPaths {
  readonly root: string;
  readonly ca: string;
  readonly peer: string;
  readonly admin: string;
  readonly custodianFile: string;
  readonly ledger: string;
}

/** Folders and files of a consortium. */
export class ConsortiumPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** What the consortium is; written last, so that its presence means that everything else is there. */
  get file(): string {
    return join(this.root, 'consortium.json');
  }

  /** A LevelDB that stays empty; only its lock is used, which the system drops with the process. */
  get lock(): string {
    return join(this.root, 'lock');
  }

  get blobs(): string {
    return join(this.root, 'blobs');
  }

  get organizations(): string {
    return join(this.root, 'organizations');
  }

  /** Where a consortium is built before it moves into place. */
  get building(): ConsortiumPaths {
    return new ConsortiumPaths(join(this.root, '.building'));
  }

  organization(mspId: MspId): OrganizationPaths {
    const root = join(this.organizations, mspId);
    return {
      root,
      ca: join(root, 'ca'),
      peer: join(root, 'peer'),
      admin: join(root, 'admin'),
      custodianFile: join(root, 'custodian.json'),
      ledger: join(root, 'ledger'),
    };
  }
}
