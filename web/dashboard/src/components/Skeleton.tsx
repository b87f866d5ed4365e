// The quiet shape of what is about to appear, in its later size.
export function Skeleton({ height, label }: { height: number; label: string }) {
  return (
    <div class="skeleton" style={{ height: `${height}px` }} role="status">
      <span class="visually-hidden">{label}</span>
    </div>
  );
}
