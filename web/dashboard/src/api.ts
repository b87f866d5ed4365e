// The only file that talks to the server: addresses of questions, a cache of their answers that is
// refreshed when something new was counted, and the state of the connection. Types come from
// api/openapi.yaml by `npm run api-types`.
import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { components, paths } from "./api.generated";

type Schemas = components["schemas"];
export type Session = Schemas["Session"];
export type Project = Session["projects"][number];
export type Series = Schemas["Series"];
export type SeriesLine = Schemas["SeriesLine"];
export type Reason = Schemas["Reason"];
export type Note = Schemas["Note"];
export type Features = Schemas["Features"];
export type FeatureRow = Schemas["FeatureRow"];
export type Dimensions = Schemas["Dimensions"];
export type Rollup = Schemas["Rollup"];
export type Rollups = Schemas["Rollups"];
export type RollupState = Rollups["rollups"][number];
export type RollupCost = Schemas["RollupCost"];
export type Accounting = Schemas["AccountingAnswer"];
export type AccountingLine = Schemas["AccountingLine"];
export type Status = Schemas["Status"];
export type Attention = Schemas["Attention"];
export type Catalogue = Schemas["Catalogue"];
export type CatalogueEntry = Catalogue["features"][number];
export type CatalogueChange = Schemas["CatalogueChanges"]["features"][number];
type Changes = Schemas["Changes"];

// What went wrong, in the server's own words where it gave some.
export interface Problem {
  code: string; // "no_rollup", or "server_away" when nothing answered
  message: string;
}

// What a component sees of a question. `isOutdated`: the answer to the question before this one,
// shown until the new one is here, so that nothing jumps.
export type Answer<T> =
  | { state: "loading" }
  | { state: "failed"; problem: Problem; retry: () => void }
  | { state: "ready"; value: T; isOutdated: boolean };

export type Filters = Record<string, string[]>;

// --- addresses ---

type Parameters = Record<string, string | number | undefined>;

// Values of a list are separated by commas; one that belongs to a value is written "\,".
export function listOf(values: readonly string[]): string {
  return values.map((value) => value.replaceAll("\\", "\\\\").replaceAll(",", "\\,")).join(",");
}

export function addressOfQuestion(
  path: keyof paths,
  parameters: Parameters,
  filters: Filters = {},
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  for (const [dimension, values] of Object.entries(filters)) {
    if (values.length > 0) query.set(`filter.${dimension}`, listOf(values));
  }
  return `${path}?${query}`;
}

// --- the connection ---

export type Connection =
  | { state: "well" }
  | { state: "away"; since: number; problem: Problem; nextTryAt: number };

export const connection = signal<Connection>({ state: "well" });
export const session = signal<Answer<Session> | { state: "signed_out"; problem: Problem }>({
  state: "loading",
});

const questionTimeoutMs = 20_000;
const waitSeconds = 25;
const longestPauseMs = 15_000;
const leastPauseMs = 700; // between two rounds of questions while clicks pour in
const idleRefreshMs = 60_000; // hours begin and `complete_through` moves without any click

class Failure extends Error {
  constructor(
    readonly status: number, // 0: nothing answered
    readonly problem: Problem,
  ) {
    super(problem.message);
  }
}

interface Asking {
  etag?: string | undefined;
  timeoutMs?: number;
  stop?: AbortSignal;
  method?: "GET" | "POST" | "DELETE";
  body?: string;
}

async function ask(address: string, options: Asking = {}): Promise<Response> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? questionTimeoutMs);
  let response: Response;
  try {
    response = await fetch(address, {
      method: options.method ?? "GET",
      body: options.body ?? null,
      credentials: "same-origin",
      headers: options.etag ? { "If-None-Match": options.etag } : {},
      cache: "no-store",
      signal: options.stop ? AbortSignal.any([timeout, options.stop]) : timeout,
    });
  } catch (error) {
    if (options.stop?.aborted) throw error;
    throw new Failure(0, { code: "server_away", message: "The server does not answer." });
  }
  if (response.ok || response.status === 304) return response;
  throw new Failure(response.status, await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Schemas["Error"];
    if (typeof body.error.message === "string") return body.error;
  } catch {
    // Not ours: a proxy in between, perhaps.
  }
  return { code: "unexpected", message: `The server answered with status ${response.status}.` };
}

// A failure that goes away by itself: the last answer stays on the screen meanwhile.
function isPassing(failure: Failure): boolean {
  return failure.status === 0 || failure.status === 429 || failure.status >= 500;
}

function noteFailure(failure: Failure): void {
  if (failure.status === 401) session.value = { state: "signed_out", problem: failure.problem };
}

// --- answers ---

interface Entry {
  address: string;
  answer: Signal<Answer<unknown>>;
  etag: string | undefined;
  readers: number;
  isAsking: boolean;
  isAgain: boolean; // something changed while it was being asked
}

const entries = new Map<string, Entry>();
const mostEntries = 60;

function entryOf(address: string): Entry {
  let entry = entries.get(address);
  if (!entry) {
    entry = {
      address,
      answer: signal<Answer<unknown>>({ state: "loading" }),
      etag: undefined,
      readers: 0,
      isAsking: false,
      isAgain: false,
    };
    entries.set(address, entry);
    forgetOldest();
  }
  return entry;
}

function forgetOldest(): void {
  for (const entry of entries.values()) {
    if (entries.size <= mostEntries) return;
    if (entry.readers === 0) entries.delete(entry.address);
  }
}

// Asks again; false when the failure will pass by itself and the answer should be asked for later.
async function refresh(entry: Entry): Promise<boolean> {
  if (entry.isAsking) {
    entry.isAgain = true;
    return true;
  }
  entry.isAsking = true;
  let isDone = true;
  try {
    const response = await ask(entry.address, { etag: entry.etag });
    if (response.status !== 304) {
      const value: unknown = await response.json();
      entry.etag = response.headers.get("ETag") ?? undefined;
      entry.answer.value = { state: "ready", value, isOutdated: false };
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    noteFailure(error);
    isDone = !isPassing(error);
    if (isDone || entry.answer.value.state !== "ready") fail(entry, error.problem);
    if (!isDone) knock();
  } finally {
    entry.isAsking = false;
  }
  if (!entry.isAgain) return isDone;
  entry.isAgain = false;
  return refresh(entry);
}

function fail(entry: Entry, problem: Problem): void {
  const retry = () => {
    entry.answer.value = { state: "loading" };
    void refresh(entry);
  };
  entry.answer.value = { state: "failed", problem, retry };
}

// Asks everything on the screen again; false when something has to be asked later.
async function refreshAll(): Promise<boolean> {
  const shown: Entry[] = [];
  for (const entry of entries.values()) {
    if (entry.readers > 0) shown.push(entry);
  }
  const done = await Promise.all(shown.map(refresh));
  return done.every(Boolean);
}

// The answer to a question, kept fresh while a component shows it. null asks nothing.
export function useAnswer<T>(address: string | null): Answer<T> {
  const before = useRef<T | null>(null);
  const entry = useMemo(() => (address === null ? null : entryOf(address)), [address]);
  useEffect(() => {
    if (!entry) return;
    entries.set(entry.address, entry); // it may have been forgotten meanwhile
    entry.readers += 1;
    void refresh(entry);
    return () => {
      entry.readers -= 1;
    };
  }, [entry]);

  const answer = entry ? (entry.answer.value as Answer<T>) : ({ state: "loading" } as const);
  if (answer.state === "ready") before.current = answer.value;
  if (answer.state === "loading" && before.current !== null) {
    return { state: "ready", value: before.current, isOutdated: true };
  }
  return answer;
}

// For what changes without anything being counted.
export function askAgain(address: string): void {
  void refresh(entryOf(address));
}

// --- staying fresh ---

// Set while changes are followed: a question failed, so find out at once whether the server is there.
let knock: () => void = () => undefined;
let endPause: () => void = () => undefined;

// For the button beside "trying again".
export function tryAgainNow(): void {
  endPause();
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ended.addEventListener("abort", done, { once: true });
    endPause = done;
  });
}

function setAway(problem: Problem, pauseMs: number): void {
  const since = connection.value.state === "away" ? connection.value.since : Date.now();
  connection.value = { state: "away", since, problem, nextTryAt: Date.now() + pauseMs };
}

function setWell(): void {
  if (connection.value.state !== "well") connection.value = { state: "well" };
}

// Follows what is counted in a project while the page can be seen, and asks the questions on the
// screen again whenever there is something new. Returns how to stop.
export function followChanges(project: string): () => void {
  const ended = new AbortController();
  let round = new AbortController();
  let token = "";
  let failures = 0;
  let isRefreshDue = false;

  const changes = async (wait: number): Promise<Changes> => {
    round = new AbortController();
    const address = addressOfQuestion("/api/v1/changes", { project, since: token, wait });
    const stop = AbortSignal.any([ended.signal, round.signal]);
    const response = await ask(address, { timeoutMs: (waitSeconds + 10) * 1_000, stop });
    return (await response.json()) as Changes;
  };

  const goRound = async () => {
    const isProbe = token === "" || failures > 0 || isRefreshDue;
    const answer = await changes(isProbe ? 0 : waitSeconds);
    const isNew = token !== "" && answer.token !== token;
    token = answer.token;
    if (isNew || isRefreshDue || failures > 0) {
      isRefreshDue = false;
      if (!(await refreshAll())) {
        throw new Failure(503, { code: "unavailable", message: "The server is busy." });
      }
    }
    failures = 0;
    setWell();
    if (isNew) await pause(leastPauseMs, ended.signal);
  };

  const follow = async () => {
    while (!ended.signal.aborted) {
      if (document.hidden) {
        await pause(idleRefreshMs, ended.signal);
        continue;
      }
      try {
        await goRound();
      } catch (error) {
        if (!(error instanceof Failure)) continue; // cut short: by knock(), hiding or the end
        noteFailure(error);
        failures += 1;
        const pauseMs = Math.min(longestPauseMs, 1_000 * 2 ** (failures - 1));
        if (isPassing(error)) setAway(error.problem, pauseMs);
        await pause(pauseMs, ended.signal);
      }
    }
  };

  const onVisibility = () => {
    round.abort();
    endPause();
  };
  document.addEventListener("visibilitychange", onVisibility);
  const idle = setInterval(() => {
    if (!document.hidden && connection.value.state === "well") void refreshAll();
  }, idleRefreshMs);
  knock = () => {
    isRefreshDue = true;
    round.abort();
  };
  void follow();

  return () => {
    ended.abort();
    clearInterval(idle);
    document.removeEventListener("visibilitychange", onVisibility);
    knock = () => undefined;
  };
}

// --- changes ---

// What went wrong, if anything did; otherwise `shown`, which it changes, is asked for again.
export async function change(
  address: string,
  how: Pick<Asking, "method" | "body">,
  shown: string,
): Promise<Problem | null> {
  try {
    await ask(address, how);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    noteFailure(error);
    return error.problem;
  }
  await refresh(entryOf(shown));
  return null;
}

// --- the session ---

export async function loadSession(): Promise<void> {
  try {
    const response = await ask("/api/v1/session");
    const value = (await response.json()) as Session;
    session.value = { state: "ready", value, isOutdated: false };
    setWell();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    noteFailure(error);
    if (error.status === 401) return;
    const retry = () => {
      session.value = { state: "loading" };
      void loadSession();
    };
    session.value = { state: "failed", problem: error.problem, retry };
  }
}

export async function signOut(): Promise<void> {
  try {
    await fetch("/api/v1/session/sign-out", { method: "POST", credentials: "same-origin" });
  } finally {
    session.value = {
      state: "signed_out",
      problem: { code: "signed_out", message: "You have signed out." },
    };
  }
}
