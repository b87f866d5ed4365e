// A page to navigate to: it also sends what the page before could not.
import { connect } from "./connection";

connect().catch(() => {
  // Without a server there is nothing to count.
});
