import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeServer, fakeServer, never, problem } from "./testing/fake_server";
import { type Page, show, until } from "./testing/page";

type Api = typeof import("./api");

let api: Api;
let server: FakeServer;
let page: Page | null = null;
let stop: () => void = () => undefined;

beforeEach(async () => {
  vi.resetModules();
  api = await import("./api");
  server = fakeServer();
});

afterEach(() => {
  stop();
  page?.leave();
  page = null;
  vi.unstubAllGlobals();
});

const address = "/api/v1/series?project=shop";

function Probe({ at = address }: { at?: string }) {
  const answer = api.useAnswer<{ n: number }>(at);
  if (answer.state === "loading") return <p>loading</p>;
  if (answer.state === "failed") return <p>failed: {answer.problem.message}</p>;
  return (
    <p>
      n={answer.value.n} {answer.isOutdated ? "outdated" : "fresh"}
    </p>
  );
}

// The long poll: answers at once, then holds the line until `change` is called.
function changes() {
  let token = 1;
  let tell: (() => void) | null = null;
  server.on("/api/v1/changes", (params) => {
    const answer = () => ({
      body: { token: `t${token}`, is_changed: true, complete_through: null },
    });
    if (params.get("since") !== `t${token}` || params.get("wait") === "0") return answer();
    return new Promise((resolve) => {
      tell = () => resolve(answer());
    });
  });
  return () => {
    token += 1;
    tell?.();
  };
}

describe("an answer", () => {
  it("is loading, then here", async () => {
    server.on("/api/v1/series", () => ({ body: { n: 1 } }));
    page = show(<Probe />);
    expect(page.text()).toBe("loading");
    await page.shows("n=1 fresh");
  });

  it("that was refused shows the server's own words", async () => {
    server.on("/api/v1/series", () => problem("no_rollup", "declare one"));
    page = show(<Probe />);
    await page.shows("failed: declare one");
  });

  it("of the question before stays, marked, until the new one is here", async () => {
    server.on("/api/v1/series", (params) => (params.has("slow") ? never : { body: { n: 1 } }));
    page = show(<Probe />);
    await page.shows("n=1 fresh");
    const { render } = await import("preact");
    render(<Probe at={`${address}&slow=1`} />, page.root);
    await page.shows("n=1 outdated");
  });

  it("is asked for again with its ETag when something new was counted", async () => {
    let n = 1;
    const etags: (string | undefined)[] = [];
    server.on("/api/v1/series", (_, headers) => {
      etags.push(headers["If-None-Match"]);
      return { body: { n }, etag: `"${n}"` };
    });
    const change = changes();
    stop = api.followChanges("shop");
    page = show(<Probe />);
    await page.shows("n=1 fresh");
    await until(
      () => server.asked.some((one) => one.includes("wait=25")),
      () => "a long poll",
    );
    n = 2;
    change();
    await page.shows("n=2 fresh");
    expect(etags).toEqual([undefined, '"1"']);
  });

  it("that did not change costs no drawing", async () => {
    server.on("/api/v1/series", (_, headers) =>
      headers["If-None-Match"] ? { status: 304 } : { body: { n: 1 }, etag: '"1"' },
    );
    const change = changes();
    stop = api.followChanges("shop");
    page = show(<Probe />);
    await page.shows("n=1 fresh");
    await until(
      () => server.asked.some((one) => one.includes("wait=25")),
      () => "a long poll",
    );
    change();
    await until(
      () => server.asked.filter((one) => one === address).length === 2,
      () => "a second question",
    );
    expect(page.text()).toBe("n=1 fresh");
  });
});

describe("a server that is away", () => {
  it("leaves the last answer on the screen, and is asked again by itself", async () => {
    let n = 1;
    server.on("/api/v1/series", () => ({ body: { n } }));
    const change = changes();
    stop = api.followChanges("shop");
    page = show(<Probe />);
    await page.shows("n=1 fresh");
    await until(
      () => server.asked.some((one) => one.includes("wait=25")),
      () => "a long poll",
    );

    server.isAway = true;
    change();
    await until(
      () => api.connection.value.state === "away",
      () => "away",
    );
    expect(page.text()).toBe("n=1 fresh");

    server.isAway = false;
    n = 2;
    api.tryAgainNow();
    await page.shows("n=2 fresh");
    await until(
      () => api.connection.value.state === "well",
      () => "well",
    );
  });

  it("is noticed by a question too, and the question is asked again", async () => {
    let isBusy = true;
    server.on("/api/v1/series", () =>
      isBusy ? problem("busy", "not now", 503) : { body: { n: 1 } },
    );
    changes();
    stop = api.followChanges("shop");
    page = show(<Probe />);
    await page.shows("failed: not now");
    await until(
      () => api.connection.value.state === "away",
      () => "away",
    );
    isBusy = false;
    api.tryAgainNow();
    await page.shows("n=1 fresh");
  });
});

describe("a session", () => {
  it("that has ended is known from any answer", async () => {
    server.on("/api/v1/series", () => problem("session_expired", "ended", 401));
    page = show(<Probe />);
    await until(
      () => api.session.value.state === "signed_out",
      () => "signed out",
    );
  });

  it("is not asked for while the tab is hidden", async () => {
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    changes();
    stop = api.followChanges("shop");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(server.asked).toEqual([]);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await until(
      () => server.asked.length > 0,
      () => "a question once it is seen again",
    );
    hidden.mockRestore();
  });
});

describe("lists in one parameter", () => {
  it("keep commas and backslashes of their values", () => {
    expect(api.listOf(["a,b", "c\\"])).toBe("a\\,b,c\\\\");
  });

  it("leave out what is not asked", () => {
    expect(
      api.addressOfQuestion("/api/v1/series", { project: "a b", by: undefined }, { x: [] }),
    ).toBe("/api/v1/series?project=a+b");
  });
});
