export const determinismRules: Readonly<Record<string, readonly unknown[]>>;
