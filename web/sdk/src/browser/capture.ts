// Finds the feature of a click: one listener for the whole document, late nodes and shadow trees
// too. It only looks: nothing is prevented, stopped or delayed.
import type { Properties } from "../core/public";

/** The same feature twice within this time, by a button and then the form that it submits. */
const SAME_SUBMIT = 1000;

type Track = (featureId: string, properties?: Properties) => void;

/** `data-feature-plan-tier="pro"` is the property plan_tier: "pro". */
function propertiesOf(element: HTMLElement): Properties | undefined {
  let properties: Properties | undefined;
  for (const { name, value } of element.attributes) {
    const [, property] = /^data-feature-(?!id$)(.+)/.exec(name) || [];
    if (property) properties = { ...properties, [property.replace(/-/g, "_")]: value };
  }
  return properties;
}

/** Starts to listen through `on`, which keeps errors away from the page. */
export function capture(track: Track, on: (type: string, work: (event: Event) => void) => void) {
  let clicked: string | undefined;
  let clickedAt = 0;

  const onClick = (event: Event) => {
    // Of the other buttons only the middle one opens what it clicks on.
    if (event.type === "auxclick" && (event as MouseEvent).button !== 1) return;
    const path = event.composedPath();
    const element = path.find((node) => (node as HTMLElement).dataset?.featureId) as HTMLElement;
    // A form counts when it is submitted, not when one of its fields is clicked.
    if (!element || element instanceof HTMLFormElement) return;
    // A click on a label clicks its control too: that one counts.
    const target = path[0] as HTMLElement;
    const control = target.closest?.("label")?.control;
    if (control && control !== target && element.contains(control)) return;
    clicked = element.dataset.featureId as string;
    clickedAt = event.timeStamp;
    track(clicked, propertiesOf(element));
  };

  const onSubmit = (event: Event) => {
    const form = event.composedPath()[0] as HTMLElement;
    const featureId = form.dataset.featureId;
    if (!featureId) return;
    if (featureId === clicked && event.timeStamp - clickedAt < SAME_SUBMIT) return;
    track(featureId, propertiesOf(form));
  };

  on("click", onClick);
  on("auxclick", onClick);
  on("submit", onSubmit);
}
