// What is drawn from the numbers of an answer: shares and indexes. A value that is not known stays
// null through all of it; it never becomes 0.
export type Values = readonly (number | null)[];

// Each value as a part of the whole of its bucket. Nothing can be said of an empty bucket.
export function sharesOf(values: Values, wholes: Values): (number | null)[] {
  return values.map((value, index) => shareOf(value, wholes[index] ?? null));
}

export function shareOf(value: number | null, whole: number | null): number | null {
  return value === null || whole === null || whole === 0 ? null : value / whole;
}

// The first complete bucket with clicks is 100. Without one there is nothing to measure by.
export function indexOf(values: Values, completeBuckets: number): (number | null)[] {
  const base = baseOf(values, completeBuckets);
  return values.map((value) => (value === null || base === null ? null : (value / base) * 100));
}

export function baseOf(values: Values, completeBuckets: number): number | null {
  return values.slice(0, completeBuckets).find((value) => value !== null && value > 0) ?? null;
}

export function isAllUnknown(values: Values): boolean {
  return values.every((value) => value === null);
}
