// What people call features: of those that have a name in the catalogue. Ids stay beside them, since
// they are what numbers stand on.
import { useMemo } from "preact/hooks";
import { type Catalogue, useAnswer } from "../../api";
import { addressOfCatalogue } from "./writing";

export type Names = ReadonlyMap<string, string>;

export function useNames(project: string): Names {
  const answer = useAnswer<Catalogue>(addressOfCatalogue(project));
  const features = answer.state === "ready" ? answer.value.features : null;
  return useMemo(
    () =>
      new Map(
        (features ?? []).flatMap(({ feature_id, name }) => (name ? [[feature_id, name]] : [])),
      ),
    [features],
  );
}
