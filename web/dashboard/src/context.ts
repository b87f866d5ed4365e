// What every page of a project needs to know: which project, what day it is there.
import { signal } from "@preact/signals";
import type { Project } from "./api";
import type { LocalDate, WeekStart } from "./time";
import { todayIn } from "./time";

// The viewer's clock, moved on every half minute; for labels and named ranges, never for numbers.
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 30_000);

export interface ProjectContext {
  project: Project;
  today: LocalDate;
  weekStart: WeekStart;
}

export function contextOf(project: Project): ProjectContext {
  return { project, today: todayIn(project.zone, now.value), weekStart: project.week_start };
}
