export function Logo() {
  return (
    <span class="logo">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" />
        <path d="M7 22.5 12.5 16l5 3.5L25 10" />
        <circle cx="25" cy="10" r="2.7" />
      </svg>
      Clickmill
    </span>
  );
}
