import { describe, expect, it } from "vitest";
import { splitAtUnfinished } from "../../components/pieces";
import { indexOf, sharesOf } from "./maths";

describe("shares", () => {
  it("divide each bucket by its own whole", () => {
    expect(sharesOf([1, 2, 0], [4, 2, 5])).toEqual([0.25, 1, 0]);
  });

  it("are not known where part or whole is not, or where the whole is empty", () => {
    expect(sharesOf([null, 1, 0], [4, null, 0])).toEqual([null, null, null]);
    expect(sharesOf([1], [])).toEqual([null]);
  });
});

describe("indexes", () => {
  it("start at 100 with the first complete bucket that has clicks", () => {
    expect(indexOf([null, 0, 50, 100, 25], 4)).toEqual([null, 0, 100, 200, 50]);
  });

  it("are not known without a complete bucket to measure by", () => {
    expect(indexOf([50, 60], 0)).toEqual([null, null]);
    expect(indexOf([0, 0, 7], 2)).toEqual([null, null, null]);
  });
});

describe("the pieces of a line", () => {
  it("meet at the last complete point", () => {
    expect(splitAtUnfinished([1, 2, 3], 2)).toEqual({
      complete: [1, 2, null],
      tail: [null, 2, 3],
    });
  });

  it("have no tail when everything is complete", () => {
    expect(splitAtUnfinished([1, 2], 2).tail).toEqual([null, null]);
  });

  it("are all tail when nothing is complete", () => {
    expect(splitAtUnfinished([1], 0)).toEqual({ complete: [null], tail: [1] });
  });
});
