// Stands in for the network: answers by path, remembers what was asked, can go away and come back.
import { vi } from "vitest";

interface Reply {
  status?: number;
  body?: unknown;
  etag?: string;
}
type Route = (
  params: URLSearchParams,
  headers: Record<string, string>,
  request: RequestInit,
) => Reply | Promise<Reply>;

export interface FakeServer {
  asked: string[]; // path and query, in order
  isAway: boolean;
  on: (path: string, route: Route) => void;
}

export function fakeServer(): FakeServer {
  const routes = new Map<string, Route>();
  const server: FakeServer = {
    asked: [],
    isAway: false,
    on: (path, route) => routes.set(path, route),
  };
  vi.stubGlobal("fetch", async (address: string, options: RequestInit = {}) => {
    server.asked.push(address);
    if (server.isAway) throw new TypeError("fetch failed");
    const url = new URL(address, "http://dashboard.test");
    const route = routes.get(url.pathname);
    if (!route)
      return reply({ status: 404, body: { error: { code: "unknown_path", message: "" } } });
    const answer = route(
      url.searchParams,
      (options.headers ?? {}) as Record<string, string>,
      options,
    );
    return reply(await untilAborted(Promise.resolve(answer), options.signal ?? null));
  });
  return server;
}

function reply({ status = 200, body, etag }: Reply): Response {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (etag) headers.ETag = etag;
  return new Response(status === 304 || status === 204 ? null : JSON.stringify(body), {
    status,
    headers,
  });
}

function untilAborted<T>(answer: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    answer.then(resolve, reject);
  });
}

export const never = new Promise<never>(() => undefined);

export function problem(code: string, message = code, status = 400) {
  return { status, body: { error: { code, message } } };
}
