// One click as the text that is stored, sent, and sent again: the same bytes every time.

/** 32 KiB: above it the collector refuses an event. */
export const MAX_EVENT_BYTES = 32_768;

/** JSON in ASCII, so that its length is its size in bytes; broken surrogates become U+FFFD. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/\\(?:u(d[89a-f]..)|.)|[\x7f-\uffff]/g, (part, isBroken) =>
    isBroken
      ? "\\ufffd"
      : part < "\x7f"
        ? part
        : `\\u${(part.charCodeAt(0) + 0x10000).toString(16).slice(1)}`,
  );
}

/** The text of an event; without its properties when they are no JSON or too large for it. */
export function eventText(event: object): string {
  try {
    const text = asciiJson(event);
    if (text.length <= MAX_EVENT_BYTES) return text;
  } catch {
    // Circular, a BigInt, a toJSON that throws: the page's doing, and no reason to lose the click.
  }
  return asciiJson({ ...event, properties: undefined });
}
