// Bars in an SVG, small enough to read at one sitting. No inline style: the page's CSP forbids it.

const SVG = "http://www.w3.org/2000/svg";

export function svgElement(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

export interface Bars {
  /** null: not known. */
  values: (number | null)[];
  /** How many of the first bars are complete; the others are drawn as unfinished. */
  complete: number;
  /** What a screen reader says. */
  label: string;
  from: string;
  to: string;
}

const WIDTH = 340;
const HEIGHT = 96;
const FOOT = 16;
const HEAD = 14;

/** Draws `bars` into `place`, instead of what is there. */
export function drawBars(place: Element, bars: Bars): void {
  const highest = Math.max(1, ...bars.values.map((value) => value ?? 0));
  const step = WIDTH / Math.max(1, bars.values.length);
  const ground = HEIGHT - FOOT;
  const svg = svgElement("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": bars.label,
  });
  bars.values.forEach((value, index) => {
    if (!value) return;
    const height = Math.max(2, ((ground - HEAD) * value) / highest);
    svg.append(
      svgElement("rect", {
        x: index * step + 0.5,
        y: ground - height,
        width: Math.max(1, step - 2),
        height,
        rx: Math.min(2, step / 4),
        class: index < bars.complete ? "bar-done" : "bar-open",
      }),
    );
  });
  svg.append(svgElement("line", { x1: 0, x2: WIDTH, y1: ground, y2: ground, class: "axis" }));
  const texts: [string, number, number, string][] = [
    [bars.from, 0, HEIGHT - 3, "start"],
    [bars.to, WIDTH, HEIGHT - 3, "end"],
  ];
  if (bars.values.some(Boolean)) texts.push([String(highest), WIDTH, HEAD - 4, "end"]);
  for (const [text, x, y, anchor] of texts) {
    const label = svgElement("text", { x, y, "text-anchor": anchor });
    label.textContent = text;
    svg.append(label);
  }
  place.replaceChildren(svg);
}

/** A thin bar of `share` (0 to 1) of its cell. */
export function shareBar(share: number): SVGElement {
  const svg = svgElement("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none" });
  svg.setAttribute("aria-hidden", "true");
  svg.append(svgElement("rect", { width: 100 * share, height: 8, rx: 2 }));
  return svg;
}
