import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeServer, fakeServer, never, problem } from "./testing/fake_server";
import { type Page, show, until } from "./testing/page";
import { project, series } from "./testing/series";

let server: FakeServer;
let page: Page | null = null;
let change: () => void = () => undefined;

const classes = { counted: 0, duplicate: 0, left_out: 0, late: 0, unreadable: 0, lost: 0 };

function accounting(counted: number) {
  const line = {
    ...classes,
    counted,
    accepted: counted,
    pending: 0,
    is_balanced: true,
    lag_seconds: 0.5,
    complete_through: "2026-11-03T14:32:00+01:00",
    repeat_window_seconds: 86_400,
  };
  return {
    ...line,
    project: { ...classes, counted },
    zone: "Europe/Berlin",
    now: "2026-11-03T14:32:01+01:00",
    partitions: [{ ...line, partition: 0, through: 1, end: 1, bytes: 10 }],
  };
}

function features(rows: object[]) {
  const { buckets, series: _, ...head } = series();
  return {
    ...head,
    order: "clicks",
    total_clicks: 1,
    feature_count: rows.length,
    features: rows,
    previous: {
      from: "2026-10-29T00:00:00+01:00",
      to: "2026-11-01T00:00:00+01:00",
      elapsed_to: "2026-11-03T14:00:00+01:00",
      compared_to: "2026-10-31T14:00:00+01:00",
    },
    trend: { grain: "day", buckets },
  };
}

const row = (feature_id: string, clicks: number, previous_clicks: number | null) => ({
  feature_id,
  clicks,
  share: 0.5,
  previous_clicks,
  change: null,
  trend: [1, null, 2],
});

beforeEach(() => {
  vi.resetModules();
  server = fakeServer();
  let token = 1;
  let tell: () => void = () => undefined;
  change = () => {
    token += 1;
    tell();
  };
  server.on("/api/v1/session", () => ({
    body: { person: { name: "ann", role: "viewer" }, projects: [project()] },
  }));
  server.on("/api/v1/changes", (params) => {
    const answer = () => ({
      body: { token: `${token}`, is_changed: true, complete_through: null },
    });
    if (params.get("since") !== `${token}`) return answer();
    return new Promise((resolve) => {
      tell = () => resolve(answer());
    });
  });
  server.on("/api/v1/accounting", () => ({ body: accounting(10) }));
  server.on("/api/v1/series", () => ({ body: series() }));
  server.on("/api/v1/features", () => ({ body: features([row("checkout.pay", 1, 1)]) }));
  server.on("/api/v1/dimensions", () => never);
  server.on("/api/v1/status", () => never);
});

afterEach(() => {
  page?.leave();
  page = null;
  vi.unstubAllGlobals();
});

async function open(address: string): Promise<Page> {
  window.history.replaceState(null, "", address);
  const { App } = await import("./App");
  page = show(<App />);
  return page;
}

describe("without a session", () => {
  it("the dashboard says how to get a sign-in link", async () => {
    server.on("/api/v1/session", () => problem("missing_credential", "no credential", 401));
    const seen = await open("/explore");
    await seen.shows("clickmill user add");
  });

  it("a session that ends on the way leads to the same page", async () => {
    server.on("/api/v1/series", () => problem("session_expired", "ended", 401));
    const seen = await open("/explore");
    await seen.shows("Your session has ended.");
  });

  it("a server that does not answer is not taken for signed out", async () => {
    server.isAway = true;
    const seen = await open("/explore");
    await seen.shows("Clickmill does not answer");
    server.isAway = false;
    seen.button("Try again").click();
    await seen.shows("Clicks on checkout.pay per day");
  });
});

describe("a project without clicks", () => {
  it("shows what to paste, and turns into the first click by itself", async () => {
    server.on("/api/v1/accounting", () => ({ body: accounting(0) }));
    const seen = await open("/start");
    await seen.shows("Waiting for your first click");
    expect(seen.text()).toContain("data-feature-id");
    expect(seen.text()).toContain("wk_3f9a1");
    await until(
      () => server.asked.some((one) => one.includes("wait=25")),
      () => "a long poll",
    );

    server.on("/api/v1/accounting", () => ({ body: accounting(1) }));
    change();
    await seen.shows("Your first click is here: checkout.pay");
  });

  it("shows the same instead of an empty chart", async () => {
    server.on("/api/v1/accounting", () => ({ body: accounting(0) }));
    const seen = await open("/explore");
    await seen.shows("Waiting for your first click");
  });
});

describe("the trend", () => {
  it("marks the unfinished bucket in words", async () => {
    const seen = await open("/explore");
    await seen.shows("Unfinished, complete through");
  });

  it("is also a table", async () => {
    const seen = await open("/explore?table=1");
    await seen.shows("Tue 3 Nov 2026unfinished");
    seen.button("Show as chart").click();
    await until(
      () => !window.location.search.includes("table"),
      () => "a new address",
    );
  });

  it("that no rollup can answer says so in the server's words", async () => {
    server.on("/api/v1/series", () => problem("no_rollup", "declare by_x"));
    const seen = await open("/explore");
    await seen.shows("declare by_x");
  });

  it("without a click in these days says what to try", async () => {
    const empty = { feature_id: null, by: null, values: [0, 0, 0], total: 0 };
    server.on("/api/v1/series", () => ({ body: series({ series: [empty] }) }));
    const seen = await open("/explore");
    await seen.shows("Try other days or fewer filters");
  });

  it("shows hostile names as text", async () => {
    const name = '<img src=x onerror="alert(1)">';
    const hostile = { feature_id: name, by: null, values: [1, 2, 3], total: 6 };
    server.on("/api/v1/series", () => ({ body: series({ series: [hostile] }) }));
    const seen = await open("/explore");
    await seen.shows(name);
    expect(seen.root.querySelector("img")).toBeNull();
  });
});

describe("top features", () => {
  it("point at those that fell silent", async () => {
    server.on("/api/v1/features", () => ({
      body: features([row("a", 3, 2), row("old.banner", 0, 7)]),
    }));
    const seen = await open("/top");
    await seen.shows("1 feature fell silent");
    await seen.shows("old.banner 7 clicks before");
  });

  it("say when a search finds nothing", async () => {
    server.on("/api/v1/features", () => ({ body: features([]) }));
    const seen = await open("/top?search=zzz");
    await seen.shows("has “zzz” in its name");
  });

  it("do not take an unknown period before for none", async () => {
    server.on("/api/v1/features", () => ({ body: features([row("a", 0, null)]) }));
    const seen = await open("/top");
    await seen.shows("Change compares with");
    expect(seen.text()).not.toContain("fell silent");
  });
});

describe("data health", () => {
  it("shows every class of the accounting with its meaning", async () => {
    const seen = await open("/health");
    await seen.shows("Every accepted".toLowerCase());
    for (const name of [
      "Counted",
      "Repeats",
      "Left out",
      "Late",
      "Unreadable",
      "Lost",
      "Pending",
    ]) {
      expect(seen.text()).toContain(name);
    }
    expect(seen.text()).toContain("Exact");
  });

  it("raises its voice when the classes do not add up", async () => {
    server.on("/api/v1/accounting", () => ({ body: { ...accounting(1), is_balanced: false } }));
    const seen = await open("/health");
    await seen.shows("Not balanced");
  });
});

describe("the shell", () => {
  it("labels sample data", async () => {
    server.on("/api/v1/session", () => ({
      body: { person: null, projects: [project({ is_sample: true })] },
    }));
    const seen = await open("/explore");
    await seen.shows("sample data");
  });

  it("says that a project in the address does not exist", async () => {
    const seen = await open("/explore?project=nope");
    await seen.shows("There is no project “nope”");
  });

  it("keeps the numbers and tells that the server is away", async () => {
    const seen = await open("/explore");
    await seen.shows("Clicks on checkout.pay");
    await until(
      () => server.asked.some((one) => one.includes("wait=25")),
      () => "a long poll",
    );
    server.isAway = true;
    change();
    await seen.shows("The server does not answer.");
    expect(seen.text()).toContain("Clicks on checkout.pay");
  });
});
