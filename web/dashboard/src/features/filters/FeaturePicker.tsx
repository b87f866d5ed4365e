// Which features: the most clicked of the range first, searched on the server.
import { useState } from "preact/hooks";
import { addressOfQuestion, type Features, useAnswer } from "../../api";
import { PickList } from "../../components/PickList";
import { Popover } from "../../components/Popover";
import { useSettled } from "../../components/use_settled";
import { writeCount } from "../../numbers";
import type { DateRange } from "../../time";
import { addDays } from "../../time";
import { useNames } from "../catalogue/names";

interface FeaturePickerProps {
  project: string;
  range: DateRange;
  picked: readonly string[];
  most: number;
  onPick: (features: string[]) => void;
}

export function FeaturePicker(props: FeaturePickerProps) {
  const { picked } = props;
  return (
    <Popover
      name="Features"
      label={
        <>
          <span class="icon icon-plus" aria-hidden="true" />
          {picked.length === 0 ? "Choose features" : "Features"}
        </>
      }
    >
      {() => <FeatureList {...props} />}
    </Popover>
  );
}

const shown = 40;

function FeatureList({ project, range, picked, most, onPick }: FeaturePickerProps) {
  const [search, setSearch] = useState("");
  const settled = useSettled(search.trim());
  const answer = useAnswer<Features>(
    addressOfQuestion("/api/v1/features", {
      project,
      from: range.from,
      to: addDays(range.to, 1),
      search: settled || undefined,
      limit: shown,
    }),
  );
  const names = useNames(project);
  const features = answer.state === "ready" ? answer.value.features : [];
  return (
    <PickList
      name="features"
      search={search}
      onSearch={setSearch}
      options={features
        .filter(({ feature_id }) => !feature_id.startsWith("("))
        .map(({ feature_id, clicks }) => ({
          value: feature_id,
          label: names.has(feature_id) ? `${names.get(feature_id)}, ${feature_id}` : feature_id,
          count: writeCount(clicks),
        }))}
      picked={picked}
      most={most}
      note={noteOf(
        answer.state,
        answer.state === "ready" ? answer.value.feature_count : 0,
        settled,
      )}
      onPick={onPick}
    />
  );
}

function noteOf(state: string, count: number, search: string): string | undefined {
  if (state === "loading") return "Looking …";
  if (state === "failed") return "The features could not be loaded.";
  if (count === 0)
    return search ? `No feature has “${search}” in its name.` : "No clicks in these days.";
  return count > shown ? `${writeCount(count - shown)} more: search to find them.` : undefined;
}
