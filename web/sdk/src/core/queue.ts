// Clicks that the collector has not acknowledged. Every page load writes a key of its own into the
// store, as `lease \n dropped \n event \n event ...`; when a page dies with clicks unsent, its lease
// runs out and another page takes them over, with their ids and identities as they were.

import type { Environment } from "./environment";
import { MAX_EVENT_BYTES } from "./event_text";

export interface Entry {
  /** The event as JSON. */
  line: string;
  /** When the click happened, by this device's clock. */
  clickedAt: number;
  isSending?: boolean;
}

const MAX_EVENTS = 1000;
const MAX_BYTES = 262_144;
/** The collector recognises a repeat for 24 h; what is older than this might count twice. */
const MAX_AGE = 20 * 3_600_000;
/** A page that lives renews its lease in time even when its timers are throttled to one a minute. */
export const LEASE = 90_000;
/** No lease is longer; one that claims to be was written under another clock. */
const LONGEST_LEASE = 2 * 3_600_000;

export type Queue = ReturnType<typeof createQueue>;

/** `prefix`: of the keys of all pages; `boot`: this page load. `onAdopted`: there is more to send. */
export function createQueue(env: Environment, prefix: string, boot: string, onAdopted: () => void) {
  const { store } = env;
  const own = prefix + boot;
  let entries: Entry[] = [];
  let dropped = 0;
  /** Until when others leave our key alone; 0 while it could not be written. */
  let lease = 0;
  let slack = LEASE;

  const waiting = () => entries.filter((entry) => !entry.isSending);

  /** Overslept, in the back-forward cache or a frozen tab: our clicks may be another page's now. */
  const wake = () => {
    if (lease && lease < env.now() && !store[own]) {
      entries = entries.filter(({ isSending }) => isSending);
      dropped = lease = 0;
    }
  };

  const add = (line: string, clickedAt: number) => {
    wake();
    entries.push({ line, clickedAt });
    let bytes = 0;
    // From the newest back, as many as there is room for.
    const kept = entries.reverse().filter(({ line }, index) => {
      bytes += line.length;
      return index < MAX_EVENTS && bytes <= MAX_BYTES && line.length <= MAX_EVENT_BYTES;
    });
    dropped += entries.length - kept.length;
    entries = kept.reverse();
  };

  /** Writes the queue down; others leave it alone until `newSlack`, the last one given, after `until`. */
  const save = (until = 0, newSlack = slack) => {
    wake();
    slack = newSlack;
    lease = Math.max(until, env.now()) + slack;
    try {
      if (entries.length || dropped) {
        store[own] = [lease, dropped, ...entries.map(({ line }) => line)].join("\n");
      } else {
        delete store[own];
      }
    } catch {
      lease = 0; // full or forbidden: then the clicks live in memory
    }
  };

  /** Takes over the clicks of pages that are gone; comes back when the next lease runs out. */
  const adopt = () =>
    env.claim(prefix, () => {
      let next = LONGEST_LEASE;
      for (const key of Object.keys(store)) {
        if (!key.startsWith(prefix) || key === own) continue;
        const [until, count, ...lines] = `${store[key]}`.split("\n");
        const left = Number(until) - env.now();
        if (left > 0 && left < LONGEST_LEASE) {
          next = Math.min(next, left);
          continue;
        }
        dropped += Number(count) || 0;
        for (const line of lines) {
          try {
            add(line, JSON.parse(line).client_timestamp);
          } catch {
            dropped++; // somebody wrote into our key
          }
        }
        save();
        delete store[key];
        onAdopted();
      }
      if (next < LONGEST_LEASE) env.after(next + 50, adopt);
    });

  return {
    add,
    adopt,
    save,
    waiting,
    /** The oldest clicks that are not on their way, at most so many and so large. */
    take(maxEvents: number, maxBytes: number): Entry[] {
      const now = env.now();
      wake();
      entries = entries.filter(({ clickedAt, isSending }) => {
        if (isSending || Math.abs(now - clickedAt) < MAX_AGE) return true;
        dropped++;
        return false;
      });
      const taken = waiting().filter(({ line }, index) => {
        maxBytes -= line.length + 1;
        return index < maxEvents && maxBytes >= 0;
      });
      for (const entry of taken) entry.isSending = true;
      return taken;
    },
    /** A batch came back: what `isDone` leaves the queue, the rest waits to be sent again. */
    settle(batch: Entry[], isDone: (index: number) => boolean) {
      const done = batch.filter((entry, index) => {
        entry.isSending = false;
        return isDone(index);
      });
      entries = entries.filter((entry) => !done.includes(entry));
    },
    /** Clicks that were given up since the collector was last told, plus `more`. */
    addDropped: (more: number) => {
      dropped += more;
      return dropped;
    },
    clear() {
      entries = [];
      dropped = 0;
      save();
    },
  };
}
