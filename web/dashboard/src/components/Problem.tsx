// Something that could not be shown: what happened in the server's words, and what to do.
import type { Problem as ProblemValue } from "../api";

interface ProblemProps {
  problem: ProblemValue;
  title?: string;
  onRetry?: () => void;
}

export function Problem({ problem, title, onRetry }: ProblemProps) {
  return (
    <div class="problem" role="alert">
      <p class="problem-title">{title ?? titleOf(problem)}</p>
      <p class="problem-message">{problem.message}</p>
      {onRetry && !isFinal(problem) && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

// The same question would get the same answer.
function isFinal({ code }: ProblemValue): boolean {
  return code === "too_wide" || unanswerable.includes(code);
}

const unanswerable = ["no_rollup", "no_users", "needs_experiment"];

function titleOf({ code }: ProblemValue): string {
  if (unanswerable.includes(code)) return "Nothing that is kept answers this question";
  if (code === "server_away") return "Clickmill does not answer";
  if (code === "too_wide") return "That is too much for one chart";
  return "This could not be shown";
}
