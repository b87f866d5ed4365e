// What the package exports.
import { firstClient } from "./clickmill";

export type { Clickmill, Experiments, Options, Properties } from "../core/public";
export { init } from "./clickmill";

/** These speak to the client that `init` made first; called before it, they wait for it. */
export const { track, identify, reset, experiments, flush, optOut, optIn } = firstClient;
