// Answers the dashboard's questions with generated numbers, so that its looks can be judged before a
// real server runs. For development only: nothing that ships knows it. Scenes: busy, empty,
// first_click (empty until the first POST /v1/events), signed_out, failing.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const zone = "Europe/Berlin";
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const features = [
  "checkout.pay",
  "search.open",
  "cart.add",
  "product.zoom",
  "filter.apply",
  "wishlist.toggle",
  "share.link",
  "review.write",
  "coupon.apply",
  "account.export_csv",
  "support.chat",
  "nav.menu",
  "<img src=x onerror=alert(1)>",
  "compare.add",
  "address.edit",
  "a.very.long.feature.name.that.somebody.generated.from.a.css.selector.path",
];
const dimensions = {
  platform: ["web", "ios", "android", "(none)"],
  app_version: ["4.12.0", "4.11.2", "4.11.1", "4.10.0", "4.9.3"],
  experiment: ["new_pay", "big_images"],
  variant: ["A", "B"],
  page: ["/", "/checkout", "/product/:id", "/search", "/cart"],
};
const rollups = [
  { name: "totals", dimensions: [], users: true, generation: 1, since: null },
  {
    name: "by_platform_version",
    dimensions: ["platform", "app_version"],
    users: true,
    generation: 1,
    since: null,
  },
  {
    name: "by_experiment",
    dimensions: ["experiment", "variant"],
    users: true,
    generation: 1,
    since: "2026-10-01T00:00:00+02:00",
  },
  { name: "by_page", dimensions: ["page"], users: false, generation: 1, since: null },
];

const dayMs = 86_400_000;
let clicks = 0;

function noise(...parts) {
  let hash = 2166136261;
  for (const letter of parts.join("|")) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 2246822519);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 4294967296;
}

function offsetOf(at) {
  const text = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).format(
    at,
  );
  return text.match(/GMT([+-]\d\d:\d\d)/)?.[1] ?? "+00:00";
}

function moment(at) {
  const offset = offsetOf(at);
  const shift =
    (offset[0] === "-" ? -1 : 1) *
    (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4))) *
    60_000;
  return new Date(at + shift).toISOString().slice(0, 19) + offset;
}

function instantOf(date) {
  const guess = Date.parse(`${date}T00:00:00Z`);
  return Date.parse(`${date}T00:00:00${offsetOf(guess)}`);
}

const addDays = (date, days) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);

function bucketsOf(grain, from, to) {
  const buckets = [];
  if (grain === "hour") {
    for (let at = instantOf(from); at < instantOf(to); at += 3_600_000) buckets.push(moment(at));
    return buckets;
  }
  const monday = new Date(`${from}T00:00:00Z`).getUTCDay();
  let date =
    grain === "week"
      ? addDays(from, -((monday + 6) % 7))
      : grain === "month"
        ? `${from.slice(0, 7)}-01`
        : from;
  while (date < to) {
    buckets.push(grain === "month" ? date.slice(0, 7) : date);
    if (grain === "month") {
      const next = new Date(Date.UTC(+date.slice(0, 4), +date.slice(5, 7), 1));
      date = next.toISOString().slice(0, 10);
    } else date = addDays(date, grain === "week" ? 7 : 1);
  }
  return buckets;
}

function startOf(label) {
  if (label.length > 10) return Date.parse(label);
  return instantOf(label.length === 7 ? `${label}-01` : label);
}

function endOf(label, grain) {
  if (grain === "hour") return Date.parse(label) + 3_600_000;
  if (grain === "month")
    return instantOf(
      new Date(Date.UTC(+label.slice(0, 4), +label.slice(5, 7), 1)).toISOString().slice(0, 10),
    );
  return instantOf(addDays(label, grain === "week" ? 7 : 1));
}

function countIn(name, label, grain, now) {
  const start = startOf(label);
  const end = Math.min(endOf(label, grain), now);
  if (start >= now) return null;
  if (start < Date.parse("2026-05-15T00:00:00Z")) return null;
  const scale = 9000 * noise(name) ** 2 + 40;
  let sum = 0;
  for (let at = start; at < end; at += 3_600_000) {
    const hour = new Date(at).getUTCHours();
    const weekday = new Date(at).getUTCDay();
    const daily =
      0.25 + Math.sin(((hour - 6) / 24) * 2 * Math.PI) * 0.2 + (hour > 6 && hour < 21 ? 0.6 : 0);
    const weekly = weekday === 0 || weekday === 6 ? 0.62 : 1;
    const growth =
      1 + ((at - Date.parse("2026-08-01")) / dayMs / 400) * (noise(name, "g") * 2 - 0.6);
    sum +=
      (scale / 24) *
      daily *
      weekly *
      growth *
      (0.85 + 0.3 * noise(name, at)) *
      (Math.min(3_600_000, end - at) / 3_600_000);
  }
  return Math.max(0, Math.round(sum));
}

function listIn(text) {
  return text ? text.split(",") : [];
}

function lineOf(feature, by, buckets, grain, now, metric) {
  const names = feature === null ? features.slice(0, 12) : [feature];
  const part = by === null ? 1 : 0.15 + noise(by) * 0.4;
  const values = buckets.map((label) => {
    const counts = names.map((name) =>
      countIn(by === null ? name : `${name}${by}`, label, grain, now),
    );
    if (counts[0] === null) return null;
    const sum =
      counts.reduce((total, count) => total + count, 0) * part * (metric === "users" ? 0.4 : 1);
    return (
      Math.round(sum) +
      (feature === null || feature === "checkout.pay" ? (label === buckets.at(-1) ? clicks : 0) : 0)
    );
  });
  const total = values.reduce((sum, value) => sum + (value ?? 0), 0);
  return {
    feature_id: feature,
    by,
    values,
    total: metric === "users" ? Math.round(total * 0.3) : total,
  };
}

function head(params, now) {
  return {
    project: params.get("project"),
    zone,
    from: moment(instantOf(params.get("from"))),
    to: moment(instantOf(params.get("to"))),
    now: moment(now),
    complete_through: moment(now - 1000),
    users_error: params.get("metric") === "users" ? 0.01625 : 0,
    notes: [],
    rollup: "totals",
    rows_read: 112,
  };
}

function reasonsOf(buckets, now) {
  const reasons = [];
  const future = buckets.findIndex((label) => startOf(label) >= now);
  if (future >= 0)
    reasons.push({
      reason: "future",
      series: null,
      first: future,
      last: buckets.length - 1,
      message: "has not begun",
    });
  const known = buckets.findIndex((label) => startOf(label) >= Date.parse("2026-05-15T00:00:00Z"));
  if (known > 0)
    reasons.push({
      reason: "before_first_event",
      series: null,
      first: 0,
      last: known - 1,
      message: "the project had no click yet",
    });
  return reasons;
}

function series(params) {
  const now = Date.now();
  const grain = params.get("grain") ?? "day";
  const metric = params.get("metric") ?? "clicks";
  const buckets = bucketsOf(grain, params.get("from"), params.get("to"));
  const asked = listIn(params.get("feature_id"));
  const by = params.get("by");
  const pairs = (asked.length ? asked : [null]).flatMap((feature) =>
    by ? [...(dimensions[by] ?? []), "(rest)"].map((value) => [feature, value]) : [[feature, null]],
  );
  const lines = pairs.map(([feature, value]) =>
    lineOf(feature, value, buckets, grain, now, metric),
  );
  const answer = {
    ...head(params, now),
    grain,
    metric,
    by,
    buckets,
    bucket_starts: buckets.map((label) => startOf(label) / 1000),
    complete_buckets: buckets.filter((label) => endOf(label, grain) <= now - 1000).length,
    series: lines,
    reasons: reasonsOf(buckets, now),
  };
  if (params.get("compare")) {
    const length = Math.round(
      (instantOf(params.get("to")) - instantOf(params.get("from"))) / dayMs,
    );
    const from = addDays(params.get("from"), -length);
    const old = bucketsOf(grain, from, params.get("from"));
    answer.previous = {
      from: moment(instantOf(from)),
      to: moment(instantOf(params.get("from"))),
      elapsed_to: moment(now),
      compared_to: moment(now - length * dayMs),
      buckets: old,
      bucket_starts: old.map((label) => startOf(label) / 1000),
      reasons: [],
      series: pairs.map(([feature, value]) => lineOf(feature, value, old, grain, now, metric)),
    };
    for (const line of lines) {
      const before = Math.round(line.total * (0.7 + noise(line.feature_id, line.by) * 0.6));
      line.change = {
        now: line.total,
        before,
        ratio: before ? (line.total - before) / before : null,
      };
    }
  }
  return answer;
}

function topFeatures(params) {
  const now = Date.now();
  const buckets = bucketsOf("day", params.get("from"), params.get("to"));
  const search = (params.get("search") ?? "").toLowerCase();
  const rows = [...features, "(other)", "old.banner"].map((name) => {
    const line = lineOf(name, null, buckets, "day", now, "clicks");
    const isSilent = name === "old.banner";
    const before = Math.round(line.total * (0.6 + noise(name, "p") * 0.8)) + (isSilent ? 412 : 0);
    const row = {
      feature_id: name,
      clicks: isSilent ? 0 : line.total,
      share: 0,
      previous_clicks: before,
      change: 0,
      trend: isSilent ? buckets.map(() => 0) : line.values,
    };
    row.change = before ? (row.clicks - before) / before : null;
    if (params.get("users") || params.get("order") === "users")
      row.users = Math.round(row.clicks * 0.3);
    return row;
  });
  const total = rows.reduce((sum, { clicks: count }) => sum + count, 0);
  for (const row of rows) row.share = row.clicks / total;
  const found = rows.filter(({ feature_id }) => feature_id.toLowerCase().includes(search));
  const order = params.get("order") ?? "clicks";
  found.sort((a, b) =>
    order === "name" ? a.feature_id.localeCompare(b.feature_id) : b[order] - a[order],
  );
  return {
    ...head(params, now),
    order,
    total_clicks: total,
    feature_count: found.length,
    features: found,
    previous: {
      from: moment(instantOf(params.get("from")) - buckets.length * dayMs),
      to: moment(instantOf(params.get("from"))),
      elapsed_to: moment(now),
      compared_to: moment(now - buckets.length * dayMs),
    },
    trend: { grain: "day", buckets },
  };
}

function dimensionList(params) {
  const { notes, rollup, rows_read, users_error, ...rest } = head(params, Date.now());
  const only = params.get("dimension");
  return {
    ...rest,
    dimensions: Object.entries(dimensions)
      .filter(([name]) => !only || only === name)
      .map(([name, values]) => ({
        name,
        rollups: rollups.filter((one) => one.dimensions.includes(name)).map((one) => one.name),
        values: values.map((value) => ({ value, clicks: Math.round(noise(value) * 90000) })),
        value_count: values.length,
      })),
    rollups,
  };
}

function accounting(isEmpty) {
  const counted = isEmpty ? clicks : 4_812_377 + clicks;
  const part = isEmpty
    ? { duplicate: 0, left_out: 0, late: 0, unreadable: 0, lost: 0 }
    : { duplicate: 96_120, left_out: 31_804, late: 0, unreadable: 12, lost: 0 };
  const line = {
    accepted:
      counted + Object.values(part).reduce((sum, value) => sum + value, 0) + (isEmpty ? 0 : 37),
    counted,
    ...part,
    pending: isEmpty ? 0 : 37,
    is_balanced: true,
    lag_seconds: 0.6,
    complete_through: moment(Date.now() - 600),
    repeat_window_seconds: 86_400,
  };
  return {
    ...line,
    project: { counted, ...part },
    zone,
    now: moment(Date.now()),
    partitions: [{ partition: 0, through: 81_204, end: 81_205, bytes: 1e8, ...line }],
  };
}

function session(scene) {
  const shop = {
    id: "shop",
    name: "Example shop",
    zone,
    week_start: "monday",
    is_sample: scene === "busy",
    write_key_hint: "wk_3f9a1",
  };
  const other = {
    id: "default",
    name: "Default",
    zone: "Asia/Kathmandu",
    week_start: "sunday",
    is_sample: false,
    write_key_hint: null,
  };
  return {
    person: { name: "ann@example.com", role: "admin" },
    projects: scene === "busy" ? [shop, other] : [shop],
  };
}

// Resolves to the address to open.
export function startFixture(scene, port = 0) {
  const waiting = [];
  clicks = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://fixture");
    const json = (body, status = 200) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const fail = (status, code, message) => json({ error: { code, message } }, status);
    const isEmpty = scene === "empty" || scene === "first_click";
    if (url.pathname === "/v1/events") {
      clicks += 1;
      for (const tell of waiting.splice(0)) tell();
      return json({ accepted: 1, rejected: [] });
    }
    if (url.pathname.startsWith("/api/")) {
      if (scene === "signed_out") return fail(401, "session_expired", "the session has ended");
      const params = url.searchParams;
      switch (url.pathname) {
        case "/api/v1/session":
          return json(session(scene));
        case "/api/v1/changes": {
          const answer = () =>
            json({ token: `t${clicks}`, is_changed: true, complete_through: null });
          if (params.get("since") !== `t${clicks}` || params.get("wait") === "0") return answer();
          waiting.push(answer);
          return undefined;
        }
        case "/api/v1/series":
          if (scene === "failing")
            return fail(
              400,
              "no_rollup",
              'no rollup holds browser and platform together: declare one in clickmill.toml: [[rollup]] name = "by_browser_platform" dimensions = ["browser", "platform"]',
            );
          return json(series(params));
        case "/api/v1/features":
          return json(topFeatures(params));
        case "/api/v1/dimensions":
          return json(dimensionList(params));
        case "/api/v1/accounting":
          return json(accounting(isEmpty));
        case "/api/v1/status":
          return json({
            version: "0.1.0",
            now: moment(Date.now()),
            stores: { metrics_store: "ok", control: "ok" },
            rollups: rollups.map((one) => ({
              ...one,
              zone,
              week_start: "monday",
              complete_through: moment(Date.now()),
              positions: [],
            })),
          });
        default:
          return fail(404, "unknown_path", "no such path");
      }
    }
    const isFile = extname(url.pathname) in types;
    response.writeHead(200, {
      "Content-Type": isFile ? types[extname(url.pathname)] : "text/html; charset=utf-8",
      "Content-Security-Policy": policy,
    });
    response.end(readFileSync(dist + (isFile ? url.pathname.slice(1) : "index.html")));
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      resolve({
        address: `http://127.0.0.1:${server.address().port}`,
        stop: () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await startFixture(process.argv[2] ?? "busy", 8090);
  console.log(address);
}
