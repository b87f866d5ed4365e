// For people without a session: how to get a sign-in link. There are no passwords.
import type { Problem, Session } from "../../api";
import { Logo } from "../shell/Logo";

const reasons: Record<string, string> = {
  session_expired: "Your session has ended.",
  signed_out: "You have signed out.",
};

export function SignInPage({ problem }: { problem: Problem }) {
  return (
    <main class="alone">
      <section class="card sign-in">
        <Logo />
        <h1>Sign in with a link</h1>
        {reasons[problem.code] && <p role="status">{reasons[problem.code]}</p>}
        <p>
          Clickmill has no passwords. Open a one-time sign-in link: the server printed one when it
          started for the first time. For a new one, ask whoever runs Clickmill to run
        </p>
        <pre>
          <code>clickmill user add you@example.com</code>
        </pre>
        <p class="soft">
          and open the link that it prints in this browser. A link works once; the session lasts 30
          days.
        </p>
      </section>
    </main>
  );
}

export function NoProject({ session, asked }: { session: Session; asked: string | null }) {
  const first = session.projects[0];
  return (
    <main class="alone">
      <section class="card sign-in">
        <Logo />
        {asked !== null && first ? (
          <>
            <h1>There is no project “{asked}”</h1>
            <p>
              It may have another name, or you may not be allowed to see it.{" "}
              <a href={`/?project=${encodeURIComponent(first.id)}`}>Go to {first.name}</a>
            </p>
          </>
        ) : (
          <>
            <h1>There is no project yet</h1>
            <p>Make one, and its keys are printed:</p>
            <pre>
              <code>clickmill project add shop --zone Europe/Berlin</code>
            </pre>
          </>
        )}
      </section>
    </main>
  );
}
