import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import type { Listing } from "#runtime/cluster/directory/directory.ts";
import { SharedListings } from "#runtime/cluster/directory/shared-listings.ts";

interface Begun {
  readonly prefix: string;
  readonly answer: (revision: number) => void;
  readonly fail: (why: Failure) => void;
}

function open(): { readonly listings: SharedListings; readonly begun: readonly Begun[] } {
  const begun: Begun[] = [];
  const listings = new SharedListings(
    (prefix) =>
      new Promise<Listing>((resolve, reject) => {
        const answer = (revision: number): void => resolve({ entries: [], revision });
        begun.push({ prefix, answer, fail: reject });
      }),
  );
  return { listings, begun };
}

test("however many ask while a list is on its way, one more is made for all of them", async () => {
  const { listings, begun } = open();
  const first = listings.list("names/");
  const later = Array.from({ length: 1_000 }, () => listings.list("names/"));
  const other = listings.list("nodes/");
  assert.deepEqual(
    begun.map(({ prefix }) => prefix),
    ["names/", "nodes/"],
  );
  begun[1]?.answer(5);
  assert.equal((await other).revision, 5);
  begun[0]?.answer(7);
  assert.equal((await first).revision, 7);
  assert.equal(begun.length, 3, "what was asked for meanwhile begins after it");
  begun[2]?.answer(9);
  assert.deepEqual(
    new Set((await Promise.all(later)).map(({ revision }) => revision)),
    new Set([9]),
  );
});

test("a list that fails is the failure of those who share it, and the next one begins anew", async () => {
  const { listings, begun } = open();
  const first = listings.list("names/");
  const second = listings.list("names/");
  begun[0]?.fail(new Failure("unavailable", "away"));
  await assert.rejects(first, /away/);
  begun[1]?.answer(3);
  assert.equal((await second).revision, 3);
  const third = listings.list("names/");
  assert.equal(begun.length, 3);
  begun[2]?.answer(4);
  assert.equal((await third).revision, 4);
});
