const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** A length of time in the largest unit that it is a whole number of: `2 hours`, `90 minutes`. */
export function durationText(millis: number): string {
  const [name, size] = UNITS.find(([, unit]) => millis >= unit && millis % unit === 0) ?? [
    'millisecond',
    1,
  ];
  const count = millis / size;
  return `${String(count)} ${name}${count === 1 ? '' : 's'}`;
}
