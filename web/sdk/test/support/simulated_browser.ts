// A browser made of a clock, a store and a scripted collector. Time moves only when a test says so.
import type { Client } from "../../src/core/client";
import { createClient } from "../../src/core/client";
import type { Answer, Environment, Store } from "../../src/core/environment";
import type { Options } from "../../src/core/public";

export const KEY = "wk_0123456789abcdef0123456789abcdef";
export const START = Date.UTC(2026, 10, 1, 12);

/** An event as the collector reads it. */
export interface SentEvent {
  event_id: string;
  feature_id: string;
  user_id?: string;
  anonymous_id?: string;
  client_timestamp: number;
  [field: string]: unknown;
}

export interface Request {
  at: number;
  bytes: number;
  key: string;
  client_dropped: number;
  events: SentEvent[];
}

/** Numbers that look random and are the same in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function accepted(count: number): Answer {
  return { status: 200, body: JSON.stringify({ accepted: count, rejected: [] }) };
}

type Collector = (request: Request) => Answer | Promise<Answer>;

/** One browser profile: its pages share `store`, its collector and its clock. */
export class SimulatedBrowser {
  readonly store: Store = {};
  readonly requests: Request[] = [];
  collector: Collector = (request) => accepted(request.events.length);
  isPrivate = false;
  clock = START;
  random: () => number;
  private timers: { due: number; work: () => void; page: Page }[] = [];

  constructor(seed = 1) {
    this.random = seededRandom(seed);
  }

  open(options: Partial<Options> = {}): Page {
    return new Page(this, options);
  }

  /** Lets `milliseconds` pass, running what falls due, in order. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock + milliseconds;
    await settled();
    for (;;) {
      const next = this.timers
        .filter((timer) => timer.due <= end && timer.page.isOpen && !timer.page.isFrozen)
        .sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.clock = Math.max(this.clock, next.due);
      next.work();
      await settled();
    }
    this.clock = end;
  }

  received(): SentEvent[] {
    return this.requests.flatMap((request) => request.events);
  }

  environment(page: Page): Environment {
    const memory: Store = {};
    return {
      now: () => this.clock,
      random: () => this.random(),
      randomId: (length) =>
        Array.from({ length }, () => Math.floor(this.random() * 32).toString(36)).join(""),
      store: this.isPrivate ? memory : this.store,
      consent: this.store,
      post: (body) => this.post(body, page),
      claim: (_, work) => work(),
      after: (delay, work) => {
        const timer = { due: this.clock + Math.max(0, delay), work, page };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((other) => other !== timer);
        };
      },
      isPrivate: this.isPrivate,
      page: () => "/shop",
      locale: "en",
    };
  }

  private async post(body: string, page: Page): Promise<Answer> {
    const request = { ...JSON.parse(body), at: this.clock, bytes: Buffer.byteLength(body) };
    this.requests.push(request);
    const answer = await this.collector(request);
    // Nobody is there to hear it: the page is gone.
    return page.isOpen ? answer : new Promise(() => {});
  }
}

/** One page load. */
export class Page {
  isOpen = true;
  isFrozen = false;
  readonly client: Client;

  constructor(browser: SimulatedBrowser, options: Partial<Options>) {
    const all = { key: KEY, endpoint: "https://clicks.example", ...options };
    this.client = createClient(browser.environment(this), all);
  }

  click(featureId: string, properties?: Record<string, unknown>): this {
    this.client.track(featureId, properties);
    return this;
  }

  /** As browsers do when the page goes: `pagehide`, then `visibilitychange`, then nothing. */
  close(): void {
    this.client.leave();
    this.client.flush();
    this.isOpen = false;
  }

  /** The tab is killed: not even `pagehide`. */
  crash(): void {
    this.isOpen = false;
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
