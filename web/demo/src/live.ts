// The panel beside the shop: waits until the server has counted something new, and shows it.
import { drawBars, shareBar } from "./chart";
import type { DemoConfig } from "./connection";
import { ask } from "./connection";

interface Series {
  buckets: string[];
  complete_buckets: number;
  series: { values: (number | null)[] }[];
}

interface Features {
  features: { feature_id: string; clicks: number }[];
}

const SECONDS_SHOWN = 60;
const ROWS_SHOWN = 10;
const WAIT_SECONDS = 20;
const RETRY_MS = 1000;

function place(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Clicks by the second in which this page saw them counted. */
class Pulse {
  private readonly seen = new Map<number, number>();
  private before: number | undefined;

  saw(total: number): void {
    const second = Math.floor(Date.now() / 1000);
    const more = this.before === undefined ? 0 : Math.max(0, total - this.before);
    this.before = total;
    if (more) this.seen.set(second, (this.seen.get(second) ?? 0) + more);
    for (const old of this.seen.keys()) {
      if (old <= second - SECONDS_SHOWN) this.seen.delete(old);
    }
  }

  draw(): void {
    const first = Math.floor(Date.now() / 1000) - SECONDS_SHOWN + 1;
    const values = Array.from({ length: SECONDS_SHOWN }, (_, i) => this.seen.get(first + i) ?? 0);
    const sum = values.reduce((total, value) => total + value, 0);
    drawBars(place("pulse"), {
      values,
      complete: SECONDS_SHOWN,
      label: `${sum} ${sum === 1 ? "click" : "clicks"} in the last minute`,
      from: "1 minute ago",
      to: "now",
    });
  }
}

function showHours(answer: Series): number {
  const values = answer.series[0]?.values ?? [];
  const now = values.at(-1) ?? 0;
  place("total").textContent = now.toLocaleString("en");
  drawBars(place("hours"), {
    values,
    complete: answer.complete_buckets,
    label: `Clicks by hour; ${now} in the hour that is running`,
    from: answer.buckets[0]?.slice(11, 16) ?? "",
    to: "this hour",
  });
  // What a pulse compares must not fall back to 0 when the next hour begins.
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function showFeatures({ features }: Features): void {
  const most = Math.max(1, ...features.map((feature) => feature.clicks));
  const rows = features
    .filter((feature) => feature.clicks > 0)
    .map((feature) => {
      const row = document.createElement("tr");
      const name = document.createElement("th");
      name.scope = "row";
      name.textContent = feature.feature_id;
      const share = row.insertCell();
      share.className = "share";
      share.append(shareBar(feature.clicks / most));
      const clicks = row.insertCell();
      clicks.className = "number";
      clicks.textContent = feature.clicks.toLocaleString("en");
      row.prepend(name);
      return row;
    });
  if (rows.length) place("features").replaceChildren(...rows);
}

async function refresh(config: DemoConfig, pulse: Pulse): Promise<void> {
  const series = await ask<Series>(config, "series", { grain: "hour" });
  pulse.saw(showHours(series));
  pulse.draw();
  const from = series.buckets.at(-1);
  if (from) {
    showFeatures(await ask<Features>(config, "features", { from, limit: String(ROWS_SHOWN) }));
  }
}

/** Never ends; a server that is away is asked again every second. */
export async function watch(config: DemoConfig): Promise<void> {
  const pulse = new Pulse();
  setInterval(() => document.hidden || pulse.draw(), 1000);
  let token = "";
  for (;;) {
    try {
      const changes = await ask<{ token: string }>(config, "changes", {
        ...(token && { since: token, wait: String(WAIT_SECONDS) }),
      });
      if (changes.token !== token) await refresh(config, pulse);
      token = changes.token;
      place("state").textContent = "Live: shown as soon as it is counted";
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      place("state").textContent = `The server does not answer (${reason}); trying again`;
      await pause(RETRY_MS);
    }
  }
}
