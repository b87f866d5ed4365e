// Random days of a browser, by seed: pages open, close, crash and freeze while the collector fails in
// every way it can. No click may be lost, none may change, and the collector must not be flooded.
import { describe, expect, it } from "vitest";
import type { Answer } from "../src/core/environment";
import type { Page, Request, SentEvent } from "./support/simulated_browser";
import { accepted, SimulatedBrowser, seededRandom } from "./support/simulated_browser";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const STEPS = 120;
const SEEDS = Array.from({ length: 150 }, (_, index) => index + 1);

/** A collector that keeps what it accepts, whatever it then answers. */
class MoodyCollector {
  readonly stored = new Map<string, SentEvent[]>();
  mood = "well";

  constructor(private readonly random: () => number) {}

  answer(request: Request): Answer {
    switch (this.mood) {
      case "away":
        return { status: 0 };
      case "busy":
        return { status: 503, retryAfter: String(1 + Math.floor(this.random() * 20)) };
      case "strict":
        return { status: 429, retryAfter: "5" };
      case "closed":
        return { status: 403 };
      case "narrow":
        if (request.events.length > 2) return { status: 413 };
        return this.store(request, () => true);
      case "full":
        return this.store(request, () => this.random() < 0.5);
      case "mute": // stores, and its answer is lost
        this.store(request, () => true);
        return { status: 0 };
      default:
        return this.store(request, () => true);
    }
  }

  private store(request: Request, isStored: () => boolean): Answer {
    const rejected: { index: number; code: string; message: string }[] = [];
    request.events.forEach((event, index) => {
      if (!isStored()) {
        rejected.push({ index, code: "not_stored", message: "no room" });
        return;
      }
      this.stored.set(event.event_id, [...(this.stored.get(event.event_id) ?? []), event]);
    });
    const count = request.events.length - rejected.length;
    return rejected.length
      ? { status: 200, retryAfter: "2", body: JSON.stringify({ accepted: count, rejected }) }
      : accepted(count);
  }
}

const MOODS = "well well well away busy strict closed narrow full mute".split(" ");

function pick<T>(random: () => number, things: T[]): T {
  return things[Math.floor(random() * things.length)] as T;
}

async function liveThrough(seed: number) {
  const random = seededRandom(seed * 7919);
  const browser = new SimulatedBrowser(seed);
  const collector = new MoodyCollector(random);
  browser.collector = (request) => collector.answer(request);
  const clicks = new Map<string, string>();
  let pages: Page[] = [browser.open()];
  let person = "nobody";

  for (let step = 0; step < STEPS; step++) {
    const awake = pages.filter((page) => !page.isFrozen);
    const page = awake.length ? pick(random, awake) : browser.open();
    if (!awake.length) pages.push(page);
    const chance = random();
    if (chance < 0.45) {
      const name = `click ${step}`;
      person = random() < 0.2 ? `person ${step}` : person;
      page.client.identify(person);
      page.click(name);
      clicks.set(name, person);
    } else if (chance < 0.55) {
      pages.push(browser.open());
    } else if (chance < 0.62) {
      page.close();
    } else if (chance < 0.65) {
      page.crash();
    } else if (chance < 0.68) {
      page.client.leave();
      page.isFrozen = true;
    } else if (chance < 0.72) {
      for (const frozen of pages.filter((other) => other.isFrozen)) {
        frozen.isFrozen = false;
        frozen.client.resume();
      }
    } else if (chance < 0.82) {
      collector.mood = pick(random, MOODS);
    } else {
      await browser.pass(random() ** 4 * 5 * MINUTE);
    }
    pages = pages.filter((other) => other.isOpen);
  }
  collector.mood = "well";
  const requestsBefore = browser.requests.length;
  browser.open();
  await browser.pass(60 * MINUTE);
  return { browser, collector, clicks, requestsBefore };
}

describe("a random day", () => {
  it.each(SEEDS)("loses no click and changes none (seed %i)", async (seed) => {
    const { browser, collector, clicks } = await liveThrough(seed);

    const stored = [...collector.stored.values()];
    const once = stored.map((copies) => copies[0] as SentEvent);
    expect(once.map((event) => event.feature_id).sort()).toEqual([...clicks.keys()].sort());
    for (const copies of stored) {
      for (const copy of copies) expect(copy).toEqual(copies[0]);
      expect(copies[0]?.user_id).toBe(clicks.get(copies[0]?.feature_id ?? ""));
    }
    for (const request of browser.requests) expect(request.client_dropped).toBe(0);
  });

  it("leaves nothing behind, and nothing to do, when all is well again", async () => {
    const { browser, requestsBefore } = await liveThrough(4711);

    expect(browser.requests.length - requestsBefore).toBeLessThan(20);
    expect(Object.keys(browser.store).filter((key) => !key.endsWith(".id"))).toEqual([]);
  });
});
