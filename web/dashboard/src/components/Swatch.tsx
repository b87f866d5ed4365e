// The colour of a line beside its name.
export function Swatch({ color }: { color: number }) {
  return (
    <span class="swatch" style={{ background: `var(--series-${color % 10})` }} aria-hidden="true" />
  );
}
