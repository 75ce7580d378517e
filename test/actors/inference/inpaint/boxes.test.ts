import assert from "node:assert/strict";
import { test } from "node:test";
import { holeBoxes, holeBoxesMax } from "#actors/inference/inpaint/boxes.ts";
import { Failure } from "#protocols/failure.ts";
import { drawn } from "./grey-raster.ts";

const boxesOf = (...lines: readonly string[]) =>
  holeBoxes(drawn(...lines)).map(({ left, top, right, bottom }) => [left, top, right, bottom]);

test("a mask without a hole has no box", () => {
  assert.deepEqual(boxesOf("."), []);
  assert.deepEqual(boxesOf("....", "...."), []);
});

test("a hole may be one pixel or the whole picture", () => {
  assert.deepEqual(boxesOf("#"), [[0, 0, 1, 1]]);
  assert.deepEqual(boxesOf("##", "##"), [[0, 0, 2, 2]]);
  assert.deepEqual(boxesOf("...", ".#.", "..."), [[1, 1, 2, 2]]);
});

test("only pixels above 127 are holes", () => {
  const mask = { width: 3, height: 1, channels: 1, data: Uint8Array.of(127, 128, 126) } as const;
  assert.deepEqual(holeBoxes(mask), [{ left: 1, top: 0, right: 2, bottom: 1 }]);
});

test("pixels that touch at a corner are one hole", () => {
  assert.deepEqual(boxesOf("#..", ".#.", "#.."), [[0, 0, 2, 3]]);
});

test("the hole that begins last, read row by row, has the first box", () => {
  assert.deepEqual(boxesOf("#.#", "...", "#.#"), [
    [2, 2, 3, 3],
    [0, 2, 1, 3],
    [2, 0, 3, 1],
    [0, 0, 1, 1],
  ]);
  // The right one begins a row higher, so it is read first, though it ends lower.
  assert.deepEqual(boxesOf("...#", "#..#", "...#"), [
    [0, 1, 1, 2],
    [3, 0, 4, 3],
  ]);
});

test("an island within a ring has no box of its own, however deep", () => {
  assert.deepEqual(
    boxesOf(
      "#########",
      "#.......#",
      "#.#####.#",
      "#.#...#.#",
      "#.#.#.#.#",
      "#.#...#.#",
      "#.#####.#",
      "#.......#",
      "#########",
    ),
    [[0, 0, 9, 9]],
  );
});

test("a ring that is closed only at corners still encloses", () => {
  assert.deepEqual(boxesOf("..#..", ".#.#.", "#...#", ".#.#.", "..#.."), [[0, 0, 5, 5]]);
  assert.deepEqual(
    boxesOf("...#...", "..#.#..", ".#...#.", "#..#..#", ".#...#.", "..#.#..", "...#..."),
    [[0, 0, 7, 7]],
  );
});

test("an island within an open ring has its own box", () => {
  assert.deepEqual(boxesOf("#####", "#...#", "#.#..", "#...#", "#####"), [
    [2, 2, 3, 3],
    [0, 0, 5, 5],
  ]);
});

test("a ring cut by the picture's edge does not enclose", () => {
  assert.deepEqual(boxesOf("#.#", "#.#", "###"), [[0, 0, 3, 3]]);
  assert.deepEqual(boxesOf("#.#.#", "#...#", "#####"), [
    [2, 0, 3, 1],
    [0, 0, 5, 3],
  ]);
});

test("a mask of more separate holes than windows can be is refused", () => {
  const dots = (count: number) => {
    const width = count * 2;
    const data = Uint8Array.from({ length: width }, (_, x) => (x % 2 === 0 ? 255 : 0));
    return { width, height: 1, channels: 1, data } as const;
  };
  assert.equal(holeBoxes(dots(holeBoxesMax)).length, holeBoxesMax);
  assert.throws(
    () => holeBoxes(dots(holeBoxesMax + 1)),
    (cause) => cause instanceof Failure && cause.code === "too_large",
  );
});
