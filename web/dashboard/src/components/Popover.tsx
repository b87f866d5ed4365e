// A button that opens a panel under itself; on a phone the panel rises from the bottom. Escape, a
// click outside and leaving with Tab close it, and Escape gives the focus back to the button.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

interface PopoverProps {
  label: ComponentChildren; // what the button shows
  name: string; // what the panel is called for a screen reader
  class?: string;
  align?: "start" | "end";
  children: (close: () => void) => ComponentChildren;
}

export function Popover({ label, name, class: className, align, children }: PopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return;
    panel.current?.querySelector<HTMLElement>("[data-first], input, button, a")?.focus();
    const onPointer = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close();
  };
  const onFocusOut = (event: FocusEvent) => {
    const next = event.relatedTarget;
    if (next instanceof Node && !root.current?.contains(next)) setOpen(false);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only catches keys of the controls inside
    <div class="popover" ref={root} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <button
        type="button"
        class={`button ${className ?? ""}`}
        ref={button}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
        <span class="chevron" aria-hidden="true" />
      </button>
      {isOpen && (
        <div
          class={`popover-panel ${align === "end" ? "popover-end" : ""}`}
          id={id}
          ref={panel}
          role="dialog"
          aria-label={name}
        >
          {children(close)}
        </div>
      )}
    </div>
  );
}
