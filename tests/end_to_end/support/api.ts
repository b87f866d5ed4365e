// Numbers as the query API gives them, for what a page shows and for what it does not.
import type { Clickmill } from "./server";

const dayMs = 86_400_000;

// Around today in every zone, so that no midnight comes between a click and its question.
export function daysAround(): { from: string; to: string } {
  const date = (at: number) => new Date(at).toISOString().slice(0, 10);
  return { from: date(Date.now() - 2 * dayMs), to: date(Date.now() + 3 * dayMs) };
}

export interface FeatureCount {
  feature_id: string;
  clicks: number;
  users: number;
}

export async function countsOf(server: Clickmill): Promise<Map<string, FeatureCount>> {
  const query = new URLSearchParams({ ...daysAround(), users: "1", limit: "1000" });
  const answer = await fetch(`${server.url}/api/v1/features?${query}`, {
    headers: { authorization: `Bearer ${server.readKey}` },
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  const { features } = (await answer.json()) as { features: FeatureCount[] };
  return new Map(features.map((feature) => [feature.feature_id, feature]));
}

export async function clicksOn(server: Clickmill, feature: string): Promise<number> {
  return (await countsOf(server)).get(feature)?.clicks ?? 0;
}

// Nothing accepted is still on its way: after this a count can only change by a new click.
export async function hasCountedAll(server: Clickmill): Promise<boolean> {
  const answer = await fetch(`${server.url}/api/v1/accounting`, {
    headers: { authorization: `Bearer ${server.readKey}` },
  });
  return ((await answer.json()) as { pending: number }).pending === 0;
}
