// The browser as the core sees it. Everything here may be missing or forbidden: then it is done
// without.
import type { Answer, Environment, Store } from "../core/environment";
import type { Options } from "../core/public";

const REQUEST_TIMEOUT = 30_000;

function diskStore(): Store {
  try {
    return localStorage;
  } catch {
    return {};
  }
}

async function post(url: string, body: string, isLeaving?: boolean): Promise<Answer> {
  try {
    // Where a request ends with its page a beacon goes too; what arrives twice counts once.
    if (isLeaving && !("keepalive" in Request.prototype)) navigator.sendBeacon(url, body);
    // Text, so that no preflight stands between a click and the end of its page.
    const answer = await fetch(url, {
      method: "POST",
      body,
      keepalive: true,
      credentials: "omit",
      signal: AbortSignal.timeout?.(REQUEST_TIMEOUT),
    });
    return {
      status: answer.status,
      retryAfter: answer.headers.get("retry-after"),
      body: await answer.text(),
    };
  } catch {
    return { status: 0 };
  }
}

export function browserEnvironment({ endpoint, page }: Options): Environment {
  const url = new URL(endpoint, location.href);
  if (url.pathname === "/") url.pathname = "/v1/events";
  const { globalPrivacyControl, doNotTrack, language } = navigator as Navigator & {
    globalPrivacyControl?: boolean;
  };
  const isPrivate = !!globalPrivacyControl || doNotTrack === "1";
  const disk = diskStore();
  return {
    now: Date.now,
    random: Math.random,
    randomId: (length) =>
      Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) =>
        (byte % 32).toString(36),
      ).join(""),
    store: isPrivate ? {} : disk,
    consent: disk,
    post: (body, isLeaving) => post(url.href, body, isLeaving),
    claim(name, work) {
      // Held while `work` runs and no longer: a page that holds a lock cannot enter the
      // back-forward cache.
      const { locks } = navigator;
      if (!locks) work();
      else locks.request(name, { ifAvailable: true }, (lock) => lock && work()).catch(() => {});
    },
    after(delay, work) {
      const timer = setTimeout(work, delay);
      return () => clearTimeout(timer);
    },
    isPrivate,
    page: page || (() => location.pathname),
    locale: language,
  };
}
