// What a page hands to the SDK and gets from it; published as the types of the package.

/** Experiment to the variant that this person sees. */
export type Experiments = Record<string, string>;

/** What else is known about a click; text, numbers, booleans and plain objects of them. */
export type Properties = Record<string, unknown>;

export interface Options {
  /** The project's write key, `wk_...`. It is public: it can add clicks and nothing else. */
  key: string;
  /** Where clicks go: `https://clicks.example` (then `/v1/events` is added) or a full address. */
  endpoint: string;
  /** Counts clicks on elements with `data-feature-id` by itself. Default: true. */
  capture?: boolean;
  /** Who is signed in, if known already; the same as calling `identify`. */
  userId?: string;
  /** Default: "web". */
  platform?: string;
  appVersion?: string;
  experiments?: Experiments;
  /** The page's name at the moment of a click. Default: the path, without query and fragment. */
  page?: () => string;
  /** Starts silent: nothing is counted or stored before `optIn()`. Default: false. */
  optedOut?: boolean;
  /** Told every answer of the collector, for instance `console.log`. Default: silence. */
  debug?: (message: string) => void;
}

export interface Clickmill {
  /** Counts one click on `featureId`. */
  track(featureId: string, properties?: Properties): void;
  /** From now on, clicks are this person's. */
  identify(userId: string): void;
  /** Signed out: forgets the person, and the browser's own id with them. */
  reset(): void;
  /** Adds experiments to those of the clicks to come; `null` takes one away. */
  experiments(assignments: Record<string, string | null>): void;
  /** Sends what waits, now. It is never needed: clicks are sent by themselves. */
  flush(): void;
  /** Stops counting here, for good: deletes every id and every unsent click. */
  optOut(): void;
  /** Takes `optOut()` back. */
  optIn(): void;
}
