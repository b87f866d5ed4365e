// Data health: where every accepted click went, how fresh the numbers are, what is kept.
import {
  type Accounting,
  addressOfQuestion,
  type Rollups,
  type Status,
  useAnswer,
} from "../../api";
import { Problem } from "../../components/Problem";
import { Skeleton } from "../../components/Skeleton";
import { now, type ProjectContext } from "../../context";
import { writeCount } from "../../numbers";
import { writeDuration, writeMoment } from "../../time";
import { addressOfRollups } from "./BreakdownDialog";
import { Equation } from "./Equation";
import { PartitionTable } from "./PartitionTable";
import { RollupTable } from "./RollupTable";

export function HealthPage({ context }: { context: ProjectContext }) {
  const project = context.project.id;
  const accounting = useAnswer<Accounting>(addressOfQuestion("/api/v1/accounting", { project }));
  const status = useAnswer<Status>(addressOfQuestion("/api/v1/status", { project }));
  const rollups = useAnswer<Rollups>(addressOfRollups(project));
  return (
    <>
      <h1 class="visually-hidden">Data health</h1>
      <section class="card" aria-label="Accounting">
        {accounting.state === "loading" && <Skeleton height={320} label="Loading the accounting" />}
        {accounting.state === "failed" && (
          <Problem problem={accounting.problem} onRetry={accounting.retry} />
        )}
        {accounting.state === "ready" && (
          <>
            <Freshness accounting={accounting.value} zone={context.project.zone} />
            <Equation accounting={accounting.value} />
            <p class="soft">
              These are the events of the whole server. {context.project.name} has{" "}
              {writeCount(accounting.value.project.counted)} counted clicks and{" "}
              {writeCount(accounting.value.project.duplicate)} repeats among them.
            </p>
          </>
        )}
      </section>
      {accounting.state === "ready" && (
        <section class="card">
          <h2>Partitions</h2>
          <PartitionTable accounting={accounting.value} zone={context.project.zone} />
        </section>
      )}
      {rollups.state === "ready" && (
        <section class="card">
          <h2>What is kept</h2>
          <RollupTable
            project={project}
            rollups={rollups.value}
            status={status.state === "ready" ? status.value : null}
            zone={context.project.zone}
          />
        </section>
      )}
    </>
  );
}

function Freshness({ accounting, zone }: { accounting: Accounting; zone: string }) {
  const { lag_seconds, complete_through, repeat_window_seconds, is_balanced } = accounting;
  const isBehind = lag_seconds !== null && lag_seconds > 30;
  return (
    <dl class="facts">
      <div>
        <dt>Lag</dt>
        <dd class={isBehind ? "bad" : undefined}>
          {lag_seconds === null ? "not known" : writeDuration(lag_seconds)}
        </dd>
        <dd class="soft">between a click and the numbers{isBehind ? ": catching up" : ""}</dd>
      </div>
      <div>
        <dt>Complete through</dt>
        <dd>{complete_through ? writeMoment(complete_through, zone, now.value) : "nothing yet"}</dd>
        <dd class="soft">{zone}</dd>
      </div>
      <div>
        <dt>Repeat window</dt>
        <dd>
          {repeat_window_seconds === null ? "not known" : writeDuration(repeat_window_seconds)}
        </dd>
        <dd class="soft">how far back a click that is sent again is recognised</dd>
      </div>
      <div>
        <dt>Accounting</dt>
        <dd class={is_balanced ? "good" : "bad"}>{is_balanced ? "Exact" : "Not balanced"}</dd>
        <dd class="soft">
          {is_balanced
            ? "every accepted click is in one class below"
            : "the classes do not add up to what was accepted"}
        </dd>
      </div>
    </dl>
  );
}
