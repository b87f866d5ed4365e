// A link inside the dashboard: the project goes along, and a plain click loads nothing.
import type { ComponentChildren } from "preact";
import { addressOf, go, isPlainClick } from "../url";

interface LinkProps {
  to: string;
  params?: URLSearchParams;
  class?: string;
  isCurrent?: boolean;
  children: ComponentChildren;
}

export function Link({ to, params, class: className, isCurrent, children }: LinkProps) {
  const address = addressOf(to, params);
  const onClick = (event: MouseEvent) => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    go(address);
    window.scrollTo(0, 0);
  };
  return (
    <a
      href={address}
      class={className}
      aria-current={isCurrent ? "page" : undefined}
      onClick={onClick}
    >
      {children}
    </a>
  );
}
