/** What a hospital's service is told when it starts. */
export interface HospitalTask {
  /** The network's folder on this host. */
  readonly dir: string;
  readonly mspId: string;
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** Whoever asks must show it. */
  readonly token: string;
}

/** Said once it listens. */
export interface HospitalReady {
  readonly ready: true;
}
