import { afterEach, describe, expect, it } from "vitest";
import type { Rollups } from "../../api";
import { fakeServer, never } from "../../testing/fake_server";
import { type Page, show, until } from "../../testing/page";
import { RollupTable } from "./RollupTable";

const rollup = {
  name: "by_page",
  dimensions: ["page"],
  users: false,
  generation: 1,
  since: null,
  zone: "Europe/Berlin",
  state: "current" as const,
  share: 1,
};

let page: Page | null = null;
afterEach(() => page?.leave());

function shown(rollups: Partial<Rollups>): Page {
  const value = { zone: "Europe/Berlin", may_add: false, rollups: [rollup], ...rollups };
  page = show(<RollupTable project="shop" rollups={value} status={null} zone="Europe/Berlin" />);
  return page;
}

describe("What is kept", () => {
  it("shows how far a rollup is that is being built, and looks again", async () => {
    const server = fakeServer();
    server.on("/api/v1/rollups", () => never);
    const { text } = shown({
      rollups: [
        { ...rollup, state: "old" },
        { ...rollup, generation: 2, state: "building", share: 0.425 },
      ],
    });
    expect(text()).toContain("kept from before");
    expect(text()).toContain("42.5% built");
    await until(
      () => server.asked.includes("/api/v1/rollups?project=shop"),
      () => "another look",
      5_000,
    );
  });

  it("offers a breakdown to administrators, and tells the others who can", () => {
    expect(shown({ may_add: true }).button("Add a breakdown").disabled).toBe(false);
    page?.leave();
    const { root, text } = shown({});
    expect(root.querySelector("button")).toBeNull();
    expect(text()).toContain("An administrator can add one");
  });
});
