// Tells when the server does not answer: what is on the screen is kept, and asked for again.
import { useEffect, useState } from "preact/hooks";
import { connection, tryAgainNow } from "../../api";
import { now } from "../../context";
import { writeMoment } from "../../time";

export function ConnectionBanner({ zone }: { zone: string }) {
  const current = connection.value;
  const [seconds, setSeconds] = useState(0);
  const nextTryAt = current.state === "away" ? current.nextTryAt : 0;
  useEffect(() => {
    if (nextTryAt === 0) return;
    const count = () => setSeconds(Math.max(0, Math.ceil((nextTryAt - Date.now()) / 1_000)));
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [nextTryAt]);

  if (current.state === "well") return null;
  const since = writeMoment(new Date(current.since).toISOString(), zone, now.value);
  return (
    <div class="banner" role="status">
      <p>
        <strong>{current.problem.message}</strong> What you see was true at {since}.{" "}
        <span aria-hidden="true">
          {seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again …"}
        </span>
      </p>
      <button type="button" class="button" onClick={tryAgainNow}>
        Try now
      </button>
    </div>
  );
}
