// Where this demo's project lives: keys from /demo/config.json, and questions to the query API.

export interface DemoConfig {
  endpoint: string;
  write_key: string;
  read_key: string;
  project: string;
}

/** The SDK as the script tag made it. */
export interface ClickmillOnPage {
  init(options: Record<string, unknown>): void;
  identify(userId: string): void;
  reset(): void;
}

export function sdk(): ClickmillOnPage | undefined {
  return (window as unknown as { clickmill?: ClickmillOnPage }).clickmill;
}

/** Reads the configuration and starts the SDK with it. */
export async function connect(): Promise<DemoConfig> {
  const answer = await fetch("/demo/config.json");
  if (!answer.ok) throw new Error(`/demo/config.json gave ${answer.status}`);
  const config = (await answer.json()) as DemoConfig;
  sdk()?.init({
    key: config.write_key,
    endpoint: config.endpoint,
    appVersion: "demo-1",
    experiments: { pay_button: Math.random() < 0.5 ? "A" : "B" },
  });
  return config;
}

/** One question of the query API; rejects with what the server said. */
export async function ask<Answer>(
  config: DemoConfig,
  path: string,
  parameters: Record<string, string>,
): Promise<Answer> {
  const answer = await fetch(`/api/v1/${path}?${new URLSearchParams(parameters)}`, {
    headers: { authorization: `Bearer ${config.read_key}` },
    cache: "no-store",
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error?.message ?? `${path} gave ${answer.status}`);
  return body as Answer;
}
