// What the SDK asks of the place it runs in.

/** An answer of the collector; status 0 means that none came. */
export interface Answer {
  status: number;
  retryAfter?: string | null;
  body?: string;
}

/** `localStorage`, or a plain object instead of it; writing may throw. */
export type Store = Record<string, string>;

/** The browser, or a simulated one in tests. Times are milliseconds. */
export interface Environment {
  now(): number;
  /** 0 to 1, 1 excluded. */
  random(): number;
  /** 5 random bits a character, of [0-9a-z]. */
  randomId(length: number): string;
  /** Kept over page loads and shared by tabs; when `isPrivate`, of this page alone. */
  store: Store;
  /** Where only opting out is remembered, privacy signal or not. */
  consent: Store;
  /** Never rejects. `isLeaving`: the page may be gone before the answer is here. */
  post(body: string, isLeaving?: boolean): Promise<Answer>;
  /** Runs `work` unless another tab is inside the same claim at this moment. */
  claim(name: string, work: () => void): void;
  /** Runs `work` later; the function returned calls it off. */
  after(delay: number, work: () => void): () => void;
  /** Global Privacy Control or Do Not Track is on. */
  isPrivate: boolean;
  page(): string;
  locale: string | undefined;
}
