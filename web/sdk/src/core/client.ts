// Makes an event of a click: fixes its id, its identity and its circumstances at that moment.

import type { Environment } from "./environment";
import { eventText } from "./event_text";
import type { Clickmill, Experiments, Options, Properties } from "./public";
import { createQueue } from "./queue";
import { createSender } from "./sender";

export interface Client extends Clickmill {
  leave(): void;
  /** The page is back from the back-forward cache, or the network is. */
  resume(): void;
}

export function createClient(env: Environment, options: Options): Client {
  const { store, consent, isPrivate } = env;
  const { key } = options;
  const prefix = `clickmill.${key}.`;
  const installKey = `${prefix}id`;
  const optOutKey = `${prefix}out`;
  const boot = env.randomId(10);
  let { userId } = options;
  let variants: Record<string, string | null> = { ...options.experiments };
  let install = "";
  let count = 0;

  const queue = createQueue(env, `${prefix}q.`, boot, () => sender.plan());
  const sender = createSender(env, queue, key, `${prefix}wait`, options.debug);

  const reset = () => {
    userId = undefined;
    install = "";
    delete store[installKey];
  };

  const resume = () => {
    queue.adopt();
    sender.resume();
  };
  resume();

  return {
    track(featureId: string, properties?: Properties) {
      if (consent[optOutKey] ?? options.optedOut) return;
      install = store[installKey] || install || env.randomId(13);
      try {
        store[installKey] = install;
      } catch {}
      const clickedAt = env.now();
      let experiments: Experiments | undefined;
      for (const name in variants) {
        const variant = variants[name];
        if (variant) experiments = { ...experiments, [name]: variant };
      }
      queue.add(
        eventText({
          event_id: `${install}.${boot}#${count++}`,
          feature_id: String(featureId),
          // Under a privacy signal a click is nobody's.
          user_id: isPrivate ? undefined : userId,
          anonymous_id: isPrivate ? undefined : install,
          page: env.page(),
          platform: options.platform || "web",
          app_version: options.appVersion,
          locale: env.locale,
          experiments,
          properties,
          client_timestamp: clickedAt,
        }),
        clickedAt,
      );
      sender.plan();
    },
    identify(id) {
      userId = id;
    },
    reset,
    experiments(assignments) {
      variants = { ...variants, ...assignments };
    },
    flush: () => sender.send(),
    optOut() {
      reset();
      queue.clear();
      consent[optOutKey] = "1";
    },
    optIn() {
      consent[optOutKey] = "";
    },
    leave: sender.leave,
    resume,
  };
}
