// What every directory does, whoever keeps it. Time passes as the place says: virtual, or real with
// short ttls.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type {
  Change,
  Directory,
  Entry,
  Predecessor,
  PutRequest,
} from "#runtime/cluster/directory/directory.ts";

export interface DirectoryPlace {
  readonly directory: Directory;
  /** So long a session lasts in this place's tests. */
  readonly ttlMs: number;
  /** Lets so much time pass, and settles what comes of it. */
  pass(ms: number): Promise<void>;
  /** What the promise comes to, while time passes as far as it needs. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Ends what keeps the directory and starts it anew from what it kept, where it can. */
  restart?(): Promise<void>;
  end(): Promise<void>;
}

const a1: NodeId = { name: "a", incarnation: 1 };
const a2: NodeId = { name: "a", incarnation: 2 };
const b1: NodeId = { name: "b", incarnation: 1 };

export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error: unknown) => Failure.of(error).code,
  );

export function directoryContract(name: string, start: () => Promise<DirectoryPlace>): void {
  const promise = (text: string, act: (place: DirectoryPlace) => Promise<void>): void => {
    test(`${name}: ${text}`, async () => {
      const place = await start();
      try {
        await act(place);
      } finally {
        await place.end();
      }
    });
  };
  const opening = (
    { directory, ttlMs, until }: DirectoryPlace,
    node: NodeId,
    predecessor: Predecessor = "unknown",
  ) => until(directory.open({ node, ttlMs, record: { at: node.name }, predecessor }));
  const putting = ({ directory, until }: DirectoryPlace, request: PutRequest): Promise<Entry> =>
    until(directory.put(request));

  promise("an entry is put once while it is absent, and names who has it", async (place) => {
    const { directory, until } = place;
    await opening(place, a1);
    const put = await putting(place, { key: "names/x", value: 1, session: a1, expect: "absent" });
    assert.deepEqual(await until(directory.get("names/x")), put);
    assert.equal(put.revision, put.createdRevision);
    await assert.rejects(
      putting(place, { key: "names/x", value: 2, session: a1, expect: "absent" }),
      ({ code, detail }: Failure) =>
        code === "conflict" && detail.includes(String(put.revision)) && detail.includes("a~1"),
    );
    assert.deepEqual(await until(directory.get("names/x")), put);
  });

  promise("revisions grow with every change, and fence what is put and removed", async (place) => {
    const { directory, until } = place;
    const first = await putting(place, { key: "k", value: [1, { deep: "ü" }], expect: "absent" });
    const second = await putting(place, { key: "k", value: null, expect: first.revision });
    assert.ok(second.revision > first.revision);
    assert.equal(second.createdRevision, first.revision);
    const stale = { key: "k", value: 3, expect: first.revision };
    assert.equal(await until(codeOf(directory.put(stale))), "conflict");
    assert.equal(await until(codeOf(directory.remove(stale))), "conflict");
    assert.equal(await until(directory.remove({ key: "k", expect: second.revision })), true);
    assert.equal(await until(directory.remove({ key: "k", expect: second.revision })), false);
    assert.equal(await until(directory.get("k")), undefined);
    const third = await putting(place, { key: "k", value: 4, expect: "any" });
    assert.ok(third.revision > second.revision + 1, "the removal had a revision of its own");
    assert.equal(third.createdRevision, third.revision);
  });

  promise("a session that is renewed lives on, one that is not ends for good", async (place) => {
    const { directory, pass, ttlMs, until } = place;
    await opening(place, a1);
    await opening(place, b1);
    await putting(place, { key: "names/a", value: 1, session: a1, expect: "absent" });
    await putting(place, { key: "names/b", value: 1, session: b1, expect: "absent" });
    for (let thirds = 0; thirds < 5; thirds += 1) {
      await pass(ttlMs / 3);
      await until(directory.renew(a1));
    }
    const { entries } = await until(directory.list(""));
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["names/a", "nodes/a"],
    );
    assert.equal(await until(codeOf(directory.renew(b1))), "session_lost");
    const late = { key: "names/b", value: 1, session: b1, expect: "absent" } as const;
    assert.equal(await until(codeOf(directory.put(late))), "session_lost");
    assert.equal(await until(codeOf(opening(place, b1))), "node_down");
  });

  promise("a session that is closed takes its entries along at once", async (place) => {
    const { directory, until } = place;
    await opening(place, a1);
    await putting(place, { key: "names/a", value: 1, session: a1, expect: "absent" });
    await putting(place, { key: "stays", value: 1, expect: "absent" });
    await until(directory.close(a1));
    await until(directory.close(a1));
    await until(directory.close(b1));
    const { entries } = await until(directory.list(""));
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["stays"],
    );
  });

  promise("a higher incarnation ends a predecessor that is gone at once", async (place) => {
    const { directory, until } = place;
    await opening(place, a1);
    await putting(place, { key: "names/x", value: 1, session: a1, expect: "absent" });
    await opening(place, a2, "gone");
    assert.equal(await until(directory.get("names/x")), undefined);
    assert.equal(await until(codeOf(directory.renew(a1))), "session_lost");
    assert.equal(await until(codeOf(opening(place, a1))), "node_down");
    assert.equal(await until(codeOf(opening(place, a2))), "node_down");
  });

  promise("of an unknown predecessor the entries stay until its time is over", async (place) => {
    const { directory, pass, ttlMs, until } = place;
    await opening(place, a1);
    const old = await putting(place, { key: "names/x", value: 1, session: a1, expect: "absent" });
    await opening(place, a2);
    assert.equal(await until(codeOf(directory.renew(a1))), "session_lost");
    const claim = { key: "names/x", value: 2, session: a2, expect: "absent" } as const;
    assert.equal(await until(codeOf(directory.put(claim))), "conflict");
    await pass(ttlMs / 2);
    await until(directory.renew(a2));
    await pass(ttlMs / 2 + ttlMs / 10);
    const now = await putting(place, claim);
    assert.ok(now.revision > old.revision, "the new owner's fence is higher");
    const seen = await until(directory.get("nodes/a"));
    assert.deepEqual(seen?.session, a2, "the node's own entry is that of its newest life");
  });

  promise("nodes are seen with record and state, which a renewal changes", async (place) => {
    const { directory, until } = place;
    await opening(place, a1);
    const joined = await until(directory.get("nodes/a"));
    assert.deepEqual(joined?.value, { incarnation: 1, record: { at: "a" }, state: null });
    await until(directory.renew(a1, { state: { load: 0.5 } }));
    const loaded = await until(directory.get("nodes/a"));
    assert.deepEqual(loaded?.value, {
      incarnation: 1,
      record: { at: "a" },
      state: { load: 0.5 },
    });
    await until(directory.renew(a1, { state: { load: 0.5 } }));
    await until(directory.renew(a1));
    assert.deepEqual(await until(directory.get("nodes/a")), loaded, "no news is no change");
  });

  promise("who watches is told to list, then of each change once and in order", async (place) => {
    const { directory, pass, until } = place;
    await opening(place, a1);
    const seen: Change[] = [];
    let lists = 0;
    const end = directory.watch("w/", {
      lost: () => {
        lists += 1;
      },
      changed: (changes) => seen.push(...changes),
    });
    while (lists === 0) await pass(5);
    await putting(place, { key: "w/1", value: 1, session: a1, expect: "absent" });
    await putting(place, { key: "elsewhere", value: 1, expect: "absent" });
    await putting(place, { key: "w/2", value: 1, expect: "absent" });
    await putting(place, { key: "w/1", value: 2, session: a1, expect: "any" });
    await until(directory.close(a1));
    while (seen.length < 4) await pass(5);
    await pass(20);
    assert.deepEqual(
      seen.map(({ kind, entry }) => `${kind} ${entry.key} ${entry.value}`),
      ["put w/1 1", "put w/2 1", "put w/1 2", "removed w/1 2"],
    );
    const revisions = seen.map(({ revision }) => revision);
    assert.deepEqual(
      revisions,
      [...revisions].sort((a, b) => a - b),
    );
    end();
    await putting(place, { key: "w/3", value: 1, expect: "absent" });
    await pass(30);
    assert.equal(seen.length, 4);
  });

  promise("the end of a session that nobody renews is told", async (place) => {
    const { directory, pass, ttlMs } = place;
    await opening(place, a1);
    const seen: string[] = [];
    const end = directory.watch("nodes/", {
      lost: () => seen.push("list"),
      changed: (changes) => seen.push(...changes.map(({ kind, entry }) => `${kind} ${entry.key}`)),
    });
    for (let waits = 0; waits < 40 && seen.length < 2; waits += 1) await pass(ttlMs / 10);
    assert.deepEqual(seen, ["list", "removed nodes/a"]);
    end();
  });

  promise("a listing is in the order of keys, and complete beyond one page", async (place) => {
    const { directory, until } = place;
    const keys = Array.from({ length: 700 }, (_, index) => `p/${String(index).padStart(4, "0")}`);
    const puts = [...keys].reverse().map((key) => directory.put({ key, value: 0, expect: "any" }));
    await until(Promise.all(puts));
    await putting(place, { key: "p", value: 0, expect: "absent" });
    await putting(place, { key: "p0", value: 0, expect: "absent" });
    const { entries, revision } = await until(directory.list("p/"));
    assert.deepEqual(
      entries.map(({ key }) => key),
      keys,
    );
    assert.ok(entries.every((entry) => entry.revision <= revision));
    assert.equal((await until(directory.list("none/"))).entries.length, 0);
  });

  promise("what is wrong is refused, and changes nothing", async (place) => {
    const { directory, ttlMs, until } = place;
    await opening(place, a1);
    const before = (await until(directory.list(""))).revision;
    const refused = async (code: string, act: () => Promise<unknown>): Promise<void> => {
      assert.equal(await until(codeOf(Promise.resolve().then(act))), code, String(act));
    };
    const put = (key: string, value: PutRequest["value"]) =>
      directory.put({ key, value, expect: "any" });
    await refused("invalid", () => put("", 1));
    await refused("invalid", () => put("white space", 1));
    await refused("invalid", () => put("k".repeat(256), 1));
    await refused("invalid", () => put("nodes/a", 1));
    await refused("invalid", () => put("k", Number.NaN));
    await refused("too_large", () => put("k", "x".repeat(17_000)));
    await refused("too_large", () => put("k", "ä".repeat(9_000)));
    await refused("session_lost", () =>
      directory.put({ key: "k", value: 1, session: b1, expect: "any" }),
    );
    await refused("invalid", () => directory.remove({ key: "nodes/a", expect: "any" }));
    await refused("invalid", () =>
      directory.open({ node: b1, ttlMs: 1, record: null, predecessor: "gone" }),
    );
    const node = { name: "b", incarnation: 0 };
    await refused("invalid", () =>
      directory.open({ node, ttlMs, record: null, predecessor: "gone" }),
    );
    await refused("too_large", () => directory.renew(a1, { state: "x".repeat(17_000) }));
    assert.equal((await until(directory.list(""))).revision, before);
  });

  promise("of many who claim at once one has it, and all others see who", async (place) => {
    const { directory, until } = place;
    await opening(place, a1);
    await opening(place, b1);
    const claims = [a1, b1, a1, b1, a1, b1].map((session, value) =>
      codeOf(directory.put({ key: "names/one", value, session, expect: "absent" })),
    );
    const codes = await until(Promise.all(claims));
    assert.deepEqual(codes.sort(), [
      "conflict",
      "conflict",
      "conflict",
      "conflict",
      "conflict",
      "done",
    ]);
  });

  promise("after a restart everything is as before, with all of its time", async (place) => {
    const { directory, pass, restart, ttlMs, until } = place;
    if (!restart) return;
    await opening(place, a1);
    await opening(place, b1);
    await until(directory.renew(a1, { state: "busy" }));
    await putting(place, { key: "names/x", value: 1, session: a1, expect: "absent" });
    await putting(place, { key: "stays", value: 1, expect: "absent" });
    await until(directory.close(b1));
    const before = await until(directory.list(""));
    await pass(ttlMs / 2);
    await restart();
    await pass(ttlMs / 2 + ttlMs / 6);
    assert.deepEqual((await until(directory.list(""))).entries, before.entries);
    await until(directory.renew(a1));
    assert.equal(await until(codeOf(opening(place, b1))), "node_down");
    const next = await putting(place, { key: "k", value: 1, expect: "absent" });
    assert.ok(next.revision > before.revision);
  });
}
