// A line in two pieces: what is complete, and the tail that still grows. They share the last complete
// point, so that the dotted piece starts where the solid one ends.
type Values = readonly (number | null)[];

export function splitAtUnfinished(
  values: Values,
  completeBuckets: number,
): { complete: (number | null)[]; tail: (number | null)[] } {
  const isTailEmpty = completeBuckets >= values.length;
  return {
    complete: values.map((value, index) => (index < completeBuckets ? value : null)),
    tail: values.map((value, index) =>
      !isTailEmpty && index >= completeBuckets - 1 ? value : null,
    ),
  };
}
