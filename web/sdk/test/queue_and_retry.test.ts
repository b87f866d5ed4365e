// What happens to clicks between the page and the collector, on a simulated browser.
import { describe, expect, it } from "vitest";
import { accepted, KEY, type Request, SimulatedBrowser, START } from "./support/simulated_browser";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const AWAY = () => ({ status: 0 });

function features(browser: SimulatedBrowser): string[] {
  return browser.received().map((event) => event.feature_id);
}

function leftInStore(browser: SimulatedBrowser): string[] {
  return Object.keys(browser.store).filter((key) => key.includes(".q."));
}

describe("a click", () => {
  it("is sent at once, with an id, an identity and its circumstances", async () => {
    const browser = new SimulatedBrowser();
    const page = browser.open({ appVersion: "4.12.0", experiments: { new_pay: "B" } });
    page.client.identify("ann");
    page.click("checkout.pay", { plan: "pro" });
    await browser.pass(0);

    const [request] = browser.requests;
    expect(request).toMatchObject({ key: KEY, client_dropped: 0 });
    expect(request?.events).toEqual([
      {
        event_id: expect.stringMatching(/^[0-9a-v]{13}\.[0-9a-v]{10}#0$/),
        feature_id: "checkout.pay",
        user_id: "ann",
        anonymous_id: request?.events[0]?.event_id.split(".")[0],
        page: "/shop",
        platform: "web",
        app_version: "4.12.0",
        locale: "en",
        experiments: { new_pay: "B" },
        properties: { plan: "pro" },
        client_timestamp: START,
      },
    ]);
  });

  it("leaves nothing in the store once it is accepted, but the browser's id", async () => {
    const browser = new SimulatedBrowser();
    browser.open().click("a");
    await browser.pass(SECOND);

    expect(Object.keys(browser.store)).toEqual([`clickmill.${KEY}.id`]);
  });

  it("shares a request with the others of its second", async () => {
    const browser = new SimulatedBrowser();
    const page = browser.open().click("first");
    await browser.pass(100);
    page.click("second").click("third");
    await browser.pass(2 * SECOND);

    expect(browser.requests.map((request) => request.events.length)).toEqual([1, 2]);
    expect(browser.requests[1]?.at).toBe(START + SECOND);
  });

  it("does not wait for the second to end when 20 are there", async () => {
    const browser = new SimulatedBrowser();
    const page = browser.open().click("first");
    await browser.pass(1);
    for (let n = 0; n < 20; n++) page.click("more");
    await browser.pass(1);

    expect(browser.requests.map((request) => request.events.length)).toEqual([1, 20]);
  });

  it("counts up in its id, and starts a new boot with every page load", async () => {
    const browser = new SimulatedBrowser();
    browser.open().click("a").click("b");
    browser.open().click("c");
    await browser.pass(5 * SECOND);

    const ids = browser.received().map((event) => event.event_id.split(/[.#]/));
    const [a, b, c] = ids as [string[], string[], string[]];
    expect([a[2], b[2], c[2]]).toEqual(["0", "1", "0"]);
    expect(a[0]).toBe(c[0]);
    expect(a[1]).toBe(b[1]);
    expect(a[1]).not.toBe(c[1]);
  });

  it("keeps the identity of its moment, whoever signs in before it is sent", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    const page = browser.open().click("before");
    const anonymous = browser.store[`clickmill.${KEY}.id`];
    page.client.identify("ann");
    page.click("as ann");
    page.client.reset();
    page.click("after");
    await browser.pass(SECOND);
    browser.collector = (request) => accepted(request.events.length);
    await browser.pass(10 * MINUTE);

    const last = browser.requests.at(-1)?.events ?? [];
    expect(last.map((event) => event.user_id)).toEqual([undefined, "ann", undefined]);
    expect(last[0]?.anonymous_id).toBe(anonymous);
    expect(last[2]?.anonymous_id).not.toBe(anonymous);
    expect(last[2]?.event_id).not.toContain(anonymous);
  });

  it("goes without its properties when they are no JSON or too large for an event", async () => {
    const browser = new SimulatedBrowser();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    browser
      .open()
      .click("circular", circular)
      .click("number", { big: 1n })
      .click("large", { text: "x".repeat(40_000) });
    await browser.pass(5 * SECOND);

    expect(features(browser)).toEqual(["circular", "number", "large"]);
    expect(browser.received().every((event) => event.properties === undefined)).toBe(true);
  });

  it("survives any text, and every byte of a body is counted", async () => {
    const browser = new SimulatedBrowser();
    const texts = ["käse 🧀", "\ud800 alone", "\\ud800 spelled out", 'quote " \\', "\u2028\u007f"];
    for (const text of texts) browser.open().click("text", { text });
    await browser.pass(5 * SECOND);

    const back = browser.received().map((event) => (event.properties as { text: string }).text);
    expect(back).toEqual(["käse 🧀", "\ufffd alone", ...texts.slice(2)]);
  });
});

describe("a request that fails", () => {
  it("is repeated with the same events, byte for byte", async () => {
    const browser = new SimulatedBrowser();
    let failures = 3;
    browser.collector = (request) =>
      failures-- > 0 ? { status: 503 } : accepted(request.events.length);
    browser.open().click("a").click("b");
    await browser.pass(10 * MINUTE);

    expect(browser.requests).toHaveLength(4);
    for (const request of browser.requests) {
      expect(request.events).toEqual(browser.requests[0]?.events);
    }
    expect(leftInStore(browser)).toEqual([]);
  });

  it("waits longer each time, up to five minutes, and never in step with others", async () => {
    const browser = new SimulatedBrowser();
    browser.random = () => 0.999;
    browser.collector = AWAY;
    browser.open().click("a");
    await browser.pass(HOUR);

    const gaps = browser.requests
      .slice(1)
      .map((request, n) => Math.round((request.at - (browser.requests[n] as Request).at) / SECOND));
    expect(gaps.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(300);

    const other = new SimulatedBrowser();
    other.random = () => 0.25;
    other.collector = AWAY;
    other.open().click("a");
    await other.pass(2 * SECOND);
    expect(other.requests[1]?.at).toBe(START + SECOND); // the pace between requests, not the wait
    expect(other.requests[2]?.at).toBe(START + 2 * SECOND);
  });

  it("waits at least as long as Retry-After says", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = () => ({ status: 429, retryAfter: "30" });
    browser.open().click("a");
    await browser.pass(29 * SECOND);
    expect(browser.requests).toHaveLength(1);

    await browser.pass(10 * SECOND);
    expect(browser.requests).toHaveLength(2);
  });

  it("makes every page of the browser wait", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = () => ({ status: 503, retryAfter: "30" });
    browser.open().click("a");
    await browser.pass(SECOND);
    browser.open().click("b");
    await browser.pass(20 * SECOND);

    expect(browser.requests).toHaveLength(1);
  });

  it("does not believe a wait that was written under another clock", async () => {
    const browser = new SimulatedBrowser();
    browser.store[`clickmill.${KEY}.wait`] = `3,${START + 5 * 365 * 24 * HOUR}`;
    browser.open().click("a");
    await browser.pass(SECOND);

    expect(features(browser)).toEqual(["a"]);
  });

  it("repeats only what was not stored", async () => {
    const browser = new SimulatedBrowser();
    let isFirst = true;
    browser.collector = (request) => {
      if (!isFirst) return accepted(request.events.length);
      isFirst = false;
      const rejected = [
        { index: 0, code: "missing_feature_id", message: "no" },
        { index: 2, code: "not_stored", message: "disk" },
      ];
      return { status: 200, body: JSON.stringify({ accepted: 1, rejected }) };
    };
    browser.open().click("refused").click("stored").click("later");
    await browser.pass(5 * MINUTE);

    expect(browser.requests.map((request) => request.events.map((e) => e.feature_id))).toEqual([
      ["refused", "stored", "later"],
      ["later"],
    ]);
  });

  it("takes no 200 for an answer that is not the collector's", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = () => ({ status: 200, body: "<h1>Welcome to the hotel</h1>" });
    browser.open().click("a");
    await browser.pass(MINUTE);

    expect(browser.requests.length).toBeGreaterThan(1);
    expect(leftInStore(browser)).toHaveLength(1);
  });

  it("is cut in halves when it was too large, down to the one that is", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = (request) =>
      request.events.some((event) => event.feature_id === "fat")
        ? { status: 413 }
        : accepted(request.events.length);
    const page = browser.open();
    for (const name of ["a", "b", "fat", "c", "d"]) page.click(name);
    await browser.pass(10 * MINUTE);
    page.click("e");
    await browser.pass(MINUTE);

    const taken = browser.requests.filter((request) =>
      request.events.every((event) => event.feature_id !== "fat"),
    );
    expect(taken.flatMap((request) => request.events.map((e) => e.feature_id))).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
    ]);
    expect(browser.requests.some((request) => request.client_dropped === 1)).toBe(true);
    expect(browser.requests.at(-1)?.client_dropped).toBe(0);
  });

  it("gives a batch up that is no JSON to the collector, and is silent for ten minutes", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = () => ({ status: 400 });
    const page = browser.open().click("a");
    await browser.pass(SECOND);
    browser.collector = (request) => accepted(request.events.length);
    page.click("b");
    await browser.pass(9 * MINUTE);
    expect(browser.requests).toHaveLength(1);

    await browser.pass(2 * MINUTE);
    expect(browser.requests[1]).toMatchObject({ client_dropped: 1 });
    expect(browser.requests[1]?.events.map((event) => event.feature_id)).toEqual(["b"]);
  });

  it.each([401, 403, 404])("keeps its clicks for ten minutes after a %i", async (status) => {
    const browser = new SimulatedBrowser();
    browser.collector = () => ({ status });
    browser.open().click("a");
    await browser.pass(9 * MINUTE);
    expect(browser.requests).toHaveLength(1);

    browser.collector = (request) => accepted(request.events.length);
    await browser.pass(2 * MINUTE);
    expect(browser.requests[1]?.events.map((event) => event.feature_id)).toEqual(["a"]);
  });

  it("is repeated at once when the network comes back", async () => {
    const browser = new SimulatedBrowser();
    browser.random = () => 0.999;
    browser.collector = AWAY;
    const page = browser.open().click("a");
    await browser.pass(20 * MINUTE);
    browser.collector = (request) => accepted(request.events.length);
    page.client.resume();
    await browser.pass(SECOND);

    expect(leftInStore(browser)).toEqual([]);
  });
});

describe("the queue", () => {
  it("keeps the newest 1,000 clicks and reports the others", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    const page = browser.open();
    for (let n = 0; n < 1005; n++) page.click(`f${n}`);
    browser.collector = (request) => accepted(request.events.length);
    await browser.pass(10 * MINUTE);

    const names = features(browser);
    expect(names.slice(-1000)[0]).toBe("f5");
    expect(new Set(names).size).toBe(1000);
    expect(browser.requests[0]?.client_dropped).toBe(5);
    expect(browser.requests.at(-1)?.client_dropped).toBe(0);
  });

  it("keeps at most 256 KiB", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    const page = browser.open();
    for (let n = 0; n < 40; n++) page.click(`f${n}`, { text: "x".repeat(20_000) });
    await browser.pass(0);

    const stored = browser.store[leftInStore(browser)[0] as string] as string;
    expect(stored.length).toBeLessThan(262_144 + 100);
    expect(stored.length).toBeGreaterThan(262_144 - 21_000);
  });

  it("never has more than 48 KiB on the way", async () => {
    const browser = new SimulatedBrowser();
    const page = browser.open();
    for (let n = 0; n < 30; n++) page.click("f", { text: "ü".repeat(1000) });
    await browser.pass(MINUTE);

    expect(new Set(browser.received().map((event) => event.event_id)).size).toBe(30);
    for (const request of browser.requests) expect(request.bytes).toBeLessThanOrEqual(49_152);
  });

  it("sends what waits when the page goes, within what is left of the 48 KiB", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = () => new Promise(() => {});
    const page = browser.open().click("on its way", { text: "x".repeat(30_000) });
    await browser.pass(1);
    for (let n = 0; n < 3; n++) page.click(`late ${n}`, { text: "x".repeat(8_000) });
    page.close();

    expect(features(browser)).toEqual(["on its way", "late 0", "late 1"]);
    const inFlight = browser.requests.slice(0, 2).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(inFlight).toBeLessThanOrEqual(49_152);
  });

  it("is taken over by the next page, with ids and identities as they were", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    const page = browser.open();
    page.client.identify("ann");
    page.click("a").click("b");
    page.close();
    const first = browser.received();
    browser.collector = (request) => accepted(request.events.length);
    browser.open();
    await browser.pass(MINUTE);

    expect(browser.requests.at(-1)?.events.slice(0, 1)).toEqual(first.slice(0, 1));
    expect(features(browser).slice(-2)).toEqual(["a", "b"]);
    expect(leftInStore(browser)).toEqual([]);
  });

  it("is taken over from a page that crashed, once its lease has run out", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    browser.open().click("a").crash();
    browser.collector = (request) => accepted(request.events.length);
    browser.open();
    await browser.pass(80 * SECOND);
    expect(browser.requests).toHaveLength(0);

    await browser.pass(20 * SECOND);
    expect(features(browser)).toEqual(["a"]);
  });

  it("is left alone while its page lives, however long the server is away", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    browser.open().click("a");
    browser.open();
    await browser.pass(3 * HOUR);
    const tries = browser.requests.length;
    browser.collector = (request) => accepted(request.events.length);
    await browser.pass(10 * MINUTE);

    expect(browser.requests).toHaveLength(tries + 1);
  });

  it("is not sent again by a frozen page whose clicks were taken over", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    const frozen = browser.open().click("a");
    await browser.pass(0);
    frozen.client.leave();
    frozen.isFrozen = true;
    browser.open();
    await browser.pass(5 * MINUTE);
    browser.collector = (request) => accepted(request.events.length);
    await browser.pass(10 * MINUTE);
    const tries = browser.requests.length;
    expect(leftInStore(browser)).toEqual([]);

    frozen.isFrozen = false;
    frozen.client.resume();
    await browser.pass(10 * MINUTE);
    expect(browser.requests).toHaveLength(tries);
  });

  it("gives clicks up after 20 hours and reports them", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    const page = browser.open().click("old");
    await browser.pass(20 * HOUR);
    browser.collector = (request) => accepted(request.events.length);
    const tries = browser.requests.length;
    page.click("new");
    await browser.pass(10 * MINUTE);

    const rest = browser.requests.slice(tries);
    expect(rest.flatMap((request) => request.events.map((e) => e.feature_id))).toEqual(["new"]);
    expect(rest[0]?.client_dropped).toBe(1);
  });

  it("lives in memory where the store is full or forbidden", async () => {
    const browser = new SimulatedBrowser();
    const full = new Proxy({} as Record<string, string>, {
      set: () => {
        throw new Error("QuotaExceededError");
      },
    });
    Object.assign(browser, { store: full });
    let failures = 2;
    browser.collector = (request) =>
      failures-- > 0 ? { status: 503 } : accepted(request.events.length);
    browser.open().click("a").click("b");
    await browser.pass(10 * MINUTE);

    expect(features(browser).slice(-2)).toEqual(["a", "b"]);
    const ids = new Set(browser.received().map((event) => event.event_id));
    expect(ids.size).toBe(2);
  });

  it("forgives what others wrote into its keys", async () => {
    const browser = new SimulatedBrowser();
    browser.store[`clickmill.${KEY}.q.one`] = "not\neven\nclose";
    browser.store[`clickmill.${KEY}.q.two`] = "";
    browser.open().click("a");
    await browser.pass(SECOND);

    expect(features(browser)).toEqual(["a"]);
    expect(leftInStore(browser)).toEqual([]);
  });
});

describe("privacy", () => {
  it("lets a click go without any identity, and stores nothing, under a privacy signal", async () => {
    const browser = new SimulatedBrowser();
    browser.isPrivate = true;
    browser.collector = AWAY;
    const page = browser.open({ userId: "ann" }).click("a");
    browser.open().click("b");
    await browser.pass(MINUTE);
    page.click("c");

    expect(browser.store).toEqual({});
    for (const event of browser.received()) {
      expect(event.user_id).toBeUndefined();
      expect(event.anonymous_id).toBeUndefined();
    }
    const installs = new Set(browser.received().map((event) => event.event_id.split(".")[0]));
    expect(installs.size).toBe(2); // every page load is somebody new
  });

  it("counts and keeps nothing once somebody opted out, on later pages too", async () => {
    const browser = new SimulatedBrowser();
    browser.collector = AWAY;
    const page = browser.open().click("before");
    await browser.pass(0);
    page.client.optOut();
    page.click("after");
    browser.open().click("later");
    await browser.pass(MINUTE);

    expect(features(browser)).toEqual(["before"]);
    expect(Object.keys(browser.store).filter((key) => !key.endsWith(".wait"))).toEqual([
      `clickmill.${KEY}.out`,
    ]);
    page.client.optIn();
    browser.collector = (request) => accepted(request.events.length);
    browser.open().click("again");
    await browser.pass(10 * MINUTE);
    expect(features(browser)).toContain("again");
  });

  it("is silent until opted in, when it starts opted out", async () => {
    const browser = new SimulatedBrowser();
    const page = browser.open({ optedOut: true }).click("a");
    await browser.pass(SECOND);
    expect(browser.store).toEqual({});

    page.client.optIn();
    page.click("b");
    await browser.pass(SECOND);
    expect(features(browser)).toEqual(["b"]);
  });

  it("remembers that somebody opted out under a privacy signal too", async () => {
    const browser = new SimulatedBrowser();
    browser.isPrivate = true;
    browser.open().client.optOut();
    browser.open().click("a");
    await browser.pass(SECOND);

    expect(browser.requests).toEqual([]);
  });
});
