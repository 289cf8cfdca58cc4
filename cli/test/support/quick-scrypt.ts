/** Of keystores that tests open often: as `emr init` makes them, but with a passphrase cheap to try. */
export const QUICK_SCRYPT = { N: 1024, r: 8, p: 1 };
