// Sends the queue: one request at a time, about one a second, and what fails again later with the
// same ids. What each answer means: README.md, "What happens to a click".

import type { Answer, Environment } from "./environment";
import { type Entry, LEASE, type Queue } from "./queue";

const INTERVAL = 1000;
const FULL_BATCH = 20;
const MAX_BATCH_EVENTS = 1000;
/** Bodies that outlive their page share 64 KiB in a browser: we leave some to others. */
const MAX_IN_FLIGHT = 49_152;
/** Room for what stands around the events of a body. */
const HEAD = 256;
const FIRST_BACKOFF = 1000;
const LONGEST_BACKOFF = 300_000;
const STOPPED = 600_000;
const LONGEST_RETRY_AFTER = 3_600_000;
/** Time for an answer that this page cannot wait for; then the next page sends it again. */
const LEAVING = 3000;

interface Refusal {
  index: number;
  code: string;
}

/** `waitKey`: where all pages of this browser remember not to send before a moment. */
export function createSender(
  env: Environment,
  queue: Queue,
  key: string,
  waitKey: string,
  debug?: (message: string) => void,
) {
  const { store, now } = env;
  let inFlight = 0;
  let lastSent = 0;
  let batchLimit = MAX_BATCH_EVENTS;
  let isOffline = false;
  let cancel = () => {};

  /** How often it failed in a row, and until when to be silent. */
  const readWait = (): [number, number] => {
    const [failures = 0, until = 0] = (store[waitKey] || "0,0").split(",").map(Number);
    // Further off than the longest wait: long ago, or written under another clock.
    return Math.abs(until - now()) <= LONGEST_RETRY_AFTER ? [failures, until] : [0, 0];
  };

  /** Silent for at least `least`, and longer each time. */
  const backOff = (least: number) => {
    const [failures] = readWait();
    const jitter = env.random() * Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** failures);
    try {
      store[waitKey] = `${failures + 1},${now() + Math.max(least, jitter)}`;
    } catch {}
  };

  /** Plans the next request, if there is anything to send. */
  const plan = () => {
    cancel();
    const until = readWait()[1];
    queue.save(until);
    const waiting = queue.waiting().length;
    if (!waiting || inFlight) return;
    const due = Math.max(until, waiting < FULL_BATCH ? lastSent + INTERVAL : 0) - now();
    // The clock may have been set back since the last request.
    cancel = env.after(until ? due : Math.min(due, INTERVAL), send);
  };

  const settle = (batch: Entry[], reported: number, { status, retryAfter, body }: Answer) => {
    let refusals: Refusal[] | undefined;
    try {
      const answer = JSON.parse(body as string);
      // A captive portal says 200 to everything.
      if (status === 200 && answer.accepted >= 0) refusals = answer.rejected || [];
    } catch {}
    const isTooLarge = status === 413;
    const isHopeless = status === 400 || (isTooLarge && batch.length < 2);
    const again = refusals?.filter(({ code }) => code === "not_stored").map(({ index }) => index);
    debug?.(`${status} ${body}`);
    queue.settle(batch, (index) => (again ? !again.includes(index) : isHopeless));
    queue.addDropped(again ? -reported : isHopeless ? batch.length : 0);
    isOffline = !status;
    batchLimit = isTooLarge ? Math.max(1, batch.length >> 1) : MAX_BATCH_EVENTS;

    if (again && !again.length) {
      delete store[waitKey];
    } else if (!isTooLarge) {
      const isRefused = status >= 400 && status < 500 && status !== 408 && status !== 429;
      // Not every page of the world at the very second that the server named.
      const asked = (Number(retryAfter) || 0) * 1000 * (1 + env.random() / 4);
      backOff(isRefused ? STOPPED : Math.min(LONGEST_RETRY_AFTER, asked));
    }
  };

  const send = (isLeaving?: boolean) => {
    const sentAt = now();
    if ((inFlight && !isLeaving) || sentAt < readWait()[1]) return plan();
    const batch = queue.take(batchLimit, MAX_IN_FLIGHT - HEAD - inFlight);
    if (!batch.length) return plan();

    const dropped = queue.addDropped(0);
    const body = `{"key":${JSON.stringify(key)},"sent_at":${sentAt},"client_dropped":${dropped},"events":[${batch.map(({ line }) => line)}]}`;
    inFlight += body.length;
    lastSent = sentAt;
    env.post(body, isLeaving).then((answer) => {
      inFlight -= body.length;
      settle(batch, dropped, answer);
      plan();
    });
  };

  return {
    plan,
    send,
    /** The network may be back, or the page is: no reason to wait for what only failed to connect. */
    resume() {
      if (isOffline) delete store[waitKey];
      queue.save(0, LEASE);
      plan();
    },
    /** The page is going: sends what it can and leaves the rest to the next page, soon. A browser
     * says `visibilitychange` after `pagehide`: what that writes down keeps the short lease. */
    leave() {
      send(true);
      queue.save(0, LEAVING);
    },
  };
}
