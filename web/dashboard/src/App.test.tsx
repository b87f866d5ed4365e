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

describe("the catalogue of features", () => {
  const entry = {
    feature_id: "checkout.pay",
    name: "Pay",
    description: "The last step.",
    owner: "Payments",
    tags: ["money"],
    state: "live",
    alias_of: null,
    changed_at: "2026-11-03T14:32:00+01:00",
  };
  let stored: object[] = [];
  let wrote: unknown[] = [];

  beforeEach(() => {
    stored = [entry];
    wrote = [];
    server.on("/api/v1/catalogue", (params, _, { method, body }) => {
      if (method === "GET") return { body: { project: "shop", features: stored } };
      wrote.push(method === "DELETE" ? params.get("feature_id") : JSON.parse(String(body)));
      if (wrote.length === 1 && method === "POST")
        return problem("invalid_feature", "feature 'checkout.pay': give up to 20 tags");
      stored = method === "DELETE" ? [] : [{ ...entry, name: "Pay now" }];
      return method === "DELETE" ? { status: 204 } : { body: { changed: 1 } };
    });
  });

  const field = (seen: Page, name: string) =>
    seen.root.querySelector(`dialog [name=${name}]`) as HTMLInputElement;

  it("names features wherever they are counted, beside their ids", async () => {
    const line = { feature_id: "checkout.pay", by: null, values: [1, 2, 3], total: 6 };
    const other = { feature_id: "help", by: null, values: [1, 2, 3], total: 6 };
    server.on("/api/v1/series", () => ({ body: series({ series: [line, other] }) }));
    server.on("/api/v1/features", () => ({
      body: features([row("checkout.pay", 0, 4), row("help", 1, 1)]),
    }));
    const seen = await open("/explore?feature=checkout.pay,help");
    await seen.shows("Pay");
    expect(seen.root.querySelector(".legend tbody tr")?.textContent).toContain("Paycheckout.pay");
    (await import("./url")).go("/top");
    await seen.shows("Pay checkout.pay 4 clicks before");
    expect(seen.root.querySelector(".top tbody th")?.textContent).toBe("Paycheckout.pay");
    expect(seen.root.querySelectorAll(".top .entry-name")).toHaveLength(1);
  });

  it("shows what was written beside the clicks", async () => {
    server.on("/api/v1/features", () => ({
      body: features([row("checkout.pay", 12, 1), row("menu.about", 3, 1)]),
    }));
    const seen = await open("/features");
    await seen.shows("2 clicked in the last 28 days, 1 with an entry");
    expect(seen.text()).toContain("The last step.");
    expect(seen.text()).toContain("no entry");
  });

  it("is written in a form that keeps what was typed when it is refused", async () => {
    const seen = await open("/features?state=live");
    await seen.shows("Payments");
    (seen.root.querySelector("[aria-label='Edit checkout.pay']") as HTMLElement).click();
    await seen.shows("What it is");
    field(seen, "name").value = "Pay now";
    field(seen, "tags").value = "money, checkout";
    seen.button("Save").click();
    await seen.shows("give up to 20 tags");
    expect(field(seen, "name").value).toBe("Pay now");
    seen.button("Save").click();
    await until(
      () => !seen.root.querySelector("dialog") && seen.text().includes("Pay now"),
      () => `the new name in ${seen.text()}`,
    );
    expect(wrote[1]).toEqual({
      features: [
        {
          feature_id: "checkout.pay",
          name: "Pay now",
          description: "The last step.",
          owner: "Payments",
          tags: ["money", "checkout"],
          state: "live",
          alias_of: "",
        },
      ],
    });
  });

  it("names features that ask for a look, by what is wrong with them", async () => {
    const row = (feature_id: string, standing: string, more: object = {}) => ({
      feature_id,
      standing,
      clicks: 40,
      first_day: "2026-10-01",
      last_day: "2026-10-30",
      days_clicked: 5,
      longest_pause_days: 0,
      pause_days: 3,
      usual_clicks: 8.2,
      ...more,
    });
    server.on("/api/v1/attention", () => ({
      body: {
        features: [
          ...["a", "b", "c", "d", "e", "f"].map((id) => row(`broken.${id}`, "silent")),
          row("asleep", "dormant", { first_day: null, last_day: null, pause_days: null }),
          row("fresh", "new"),
          row("fresher", "new", { clicks: 1 }),
        ],
      },
    }));
    const seen = await open("/features");
    await seen.shows("6 features fell silent");
    const text = seen.text();
    expect(text).toContain("last on 30 Oct 2026, before that about 8 clicks a day");
    expect(text).toContain("and 1 more");
    expect(text).not.toContain("broken.f");
    expect(text).toContain("1 feature not clicked for four weeks");
    expect(text).toContain("no click in eight weeks");
    expect(text).toContain("first on 1 Oct 2026, 40 clicks since");
    expect(text).toContain("1 click since");
  });

  it("forgets an entry on demand", async () => {
    const seen = await open("/features");
    await seen.shows("Payments");
    (seen.root.querySelector("[aria-label='Edit checkout.pay']") as HTMLElement).click();
    await seen.shows("Remove the entry");
    seen.button("Remove the entry").click();
    await seen.shows("0 with an entry");
    expect(wrote).toEqual(["checkout.pay"]);
  });

  it("starts a new feature as planned", async () => {
    wrote = ["the first is refused"];
    const seen = await open("/features");
    await seen.shows("Payments");
    seen.button("Add a feature").click();
    await seen.shows("Id, as clicks will name it");
    field(seen, "feature_id").value = "checkout.gift";
    seen.button("Save").click();
    await until(
      () => wrote.length === 2,
      () => "what was written",
    );
    expect(wrote[1]).toMatchObject({
      features: [{ feature_id: "checkout.gift", state: "planned", tags: [] }],
    });
  });
});

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
