// An answer with valid defaults, so that a test spells out only what it is about.
import type { Project, Series } from "../api";

export function project(part: Partial<Project> = {}): Project {
  return {
    id: "shop",
    name: "Shop",
    zone: "Europe/Berlin",
    week_start: "monday",
    is_sample: false,
    write_key_hint: "wk_3f9a1",
    ...part,
  };
}

export function series(part: Partial<Series> = {}): Series {
  return {
    project: "shop",
    zone: "Europe/Berlin",
    from: "2026-11-01T00:00:00+01:00",
    to: "2026-11-04T00:00:00+01:00",
    now: "2026-11-03T14:33:00+01:00",
    complete_through: "2026-11-03T14:32:00+01:00",
    users_error: 0,
    notes: [],
    rollup: "totals",
    rows_read: 3,
    grain: "day",
    metric: "clicks",
    by: null,
    buckets: ["2026-11-01", "2026-11-02", "2026-11-03"],
    bucket_starts: [1, 2, 3],
    complete_buckets: 2,
    series: [{ feature_id: "checkout.pay", by: null, values: [10, 20, 5], total: 35 }],
    reasons: [],
    ...part,
  };
}
