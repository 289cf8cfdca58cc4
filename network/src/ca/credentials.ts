/** Certificate and private key, both PEM. */
export interface Credentials {
  certificate: string;
  key: string;
}
