// Where the promises are kept: a back end that a suite opens empty for each test, whose time it lets
// pass, and which it closes and opens again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ContractStore } from "./contract-store.ts";
import { violations } from "./invariants.ts";
import { observe } from "./observed-store.ts";
import type { OpenedStore } from "./opened-store.ts";

export interface StoreFixture {
  readonly name: string;
  /** A store with nothing in it. */
  open(): Promise<OpenedStore>;
}

export type Promised = (promise: string, keep: (store: ContractStore) => Promise<void>) => void;

/** A way to write promises down: each runs on an empty store, and the invariants hold after it. */
export function promisesOf(fixture: StoreFixture, group: string): Promised {
  return (promise, keep) => {
    test(`${fixture.name}, ${group}: ${promise}`, () => withStore(fixture, keep));
  };
}

export async function withStore(
  fixture: StoreFixture,
  use: (store: ContractStore) => Promise<void>,
): Promise<void> {
  const opened = await fixture.open();
  try {
    const store = new ContractStore(opened);
    await use(store);
    await holdsInvariants(store);
  } finally {
    await opened.end();
  }
}

export async function holdsInvariants(store: ContractStore): Promise<void> {
  const observed = await observe(store);
  assert.deepEqual(violations({ log: store.log, observed }), [], "the invariants hold");
}
