// Where the labels of a time axis stand: on days, week starts, month starts, at a step that leaves
// room. Works on the labels that the server gave, so no zone is computed here.
import type { Grain } from "../time";
import { dateOfBucket, writeShortDate } from "../time";

export interface Tick {
  index: number;
  text: string;
}

export function ticksOf(labels: readonly string[], grain: Grain, mostTicks: number): Tick[] {
  const candidates = grain === "hour" ? hourSteps : grain === "day" ? daySteps : plainSteps;
  let finer: Tick[] = [];
  for (const isTick of candidates) {
    const ticks: Tick[] = [];
    for (const [index, label] of labels.entries()) {
      if (isTick(label, index)) ticks.push({ index, text: textOf(label, grain, labels.length) });
    }
    // Too coarse to read a date from: rather some of the finer ones.
    if (ticks.length < Math.min(3, finer.length)) break;
    finer = ticks;
    if (ticks.length <= mostTicks) return ticks;
  }
  return finer.filter((_, index) => index % Math.ceil(finer.length / mostTicks) === 0);
}

type IsTick = (label: string, index: number) => boolean;

const everyHours =
  (step: number): IsTick =>
  (label) =>
    label.slice(14, 16) === "00" && Number(label.slice(11, 13)) % step === 0;
const midnights: IsTick = (label) => label.slice(11, 16) === "00:00";
const hourSteps: IsTick[] = [
  () => true,
  everyHours(3),
  everyHours(6),
  everyHours(12),
  midnights,
  (label, index) => midnights(label, index) && isMonday(label),
];

const isMonday = (label: string) => new Date(`${label.slice(0, 10)}T00:00:00Z`).getUTCDay() === 1;
const isMonthStart: IsTick = (label) => label.slice(8, 10) === "01";
const daySteps: IsTick[] = [
  () => true,
  (_, index) => index % 2 === 0,
  isMonday,
  isMonthStart,
  (label) => isMonthStart(label, 0) && [1, 4, 7, 10].includes(Number(label.slice(5, 7))),
];

const plainSteps: IsTick[] = [1, 2, 4, 8, 13, 26].map(
  (step): IsTick =>
    (_, index) =>
      index % step === 0,
);

function textOf(label: string, grain: Grain, count: number): string {
  const date = dateOfBucket(label);
  if (grain === "month") return monthText(date, count);
  if (grain === "hour" && label.slice(11, 16) !== "00:00") return label.slice(11, 16);
  return count > 200 && grain !== "hour" ? monthText(date, count) : writeShortDate(date);
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function monthText(date: string, count: number): string {
  const name = months[Number(date.slice(5, 7)) - 1] ?? "";
  return count > 12 || date.slice(5, 7) === "01" ? `${name} ${date.slice(2, 4)}` : name;
}
