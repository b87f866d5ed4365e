// Changing the catalogue: what was wrong, or null when it is done and shown.
import { addressOfQuestion, type CatalogueChange, change, type Problem } from "../../api";

export const addressOfCatalogue = (project: string) =>
  addressOfQuestion("/api/v1/catalogue", { project });

export function changeCatalogue(project: string, entry: CatalogueChange): Promise<Problem | null> {
  const address = addressOfCatalogue(project);
  const body = JSON.stringify({ features: [entry] });
  return change(address, { method: "POST", body }, address);
}

export function removeFromCatalogue(project: string, feature_id: string): Promise<Problem | null> {
  const address = addressOfQuestion("/api/v1/catalogue", { project, feature_id });
  return change(address, { method: "DELETE" }, addressOfCatalogue(project));
}
