// The classes of the accounting: every accepted click ends in exactly one of them.
import type { Accounting, AccountingLine } from "../../api";

export interface AccountClass {
  key: "counted" | "duplicate" | "left_out" | "late" | "unreadable" | "lost" | "pending";
  name: string;
  meaning: string;
  tone: "good" | "plain" | "bad";
}

export const classes: readonly AccountClass[] = [
  { key: "counted", name: "Counted", meaning: "In the numbers you see.", tone: "good" },
  {
    key: "duplicate",
    name: "Repeats",
    meaning:
      "The same click sent again, recognised by its id within the repeat window and not counted twice.",
    tone: "plain",
  },
  {
    key: "left_out",
    name: "Left out",
    meaning: "Clicks of known crawlers. Kept raw, left out of the numbers.",
    tone: "plain",
  },
  {
    key: "late",
    name: "Late",
    meaning: "Reached the event log so long after they were received that their hour was closed.",
    tone: "bad",
  },
  {
    key: "unreadable",
    name: "Unreadable",
    meaning: "Not an event, or of a project that nobody knows.",
    tone: "bad",
  },
  {
    key: "lost",
    name: "Lost",
    meaning: "Damaged or deleted in the event log before they were counted.",
    tone: "bad",
  },
  {
    key: "pending",
    name: "Pending",
    meaning: "Durable, and about to be counted: usually within a second.",
    tone: "plain",
  },
];

export function amountOf(line: AccountingLine, key: AccountClass["key"]): number | null {
  return line[key];
}

// Parts of the accepted, for the picture; those that are nothing have no width.
export function partsOf(accounting: Accounting): { part: AccountClass; width: number }[] {
  const values = classes.map((part) => ({ part, value: amountOf(accounting, part.key) ?? 0 }));
  const sum = values.reduce((total, { value }) => total + value, 0);
  return values
    .filter(({ value }) => value > 0)
    .map(({ part, value }) => ({ part, width: value / sum }));
}
