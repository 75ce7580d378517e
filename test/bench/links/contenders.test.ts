// Every contender of the links that needs nothing but the project does all its works between two
// processes, as in a real run, only much shorter; and whoever is found here besides.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Sizing } from "../../../bench/core/trial.ts";
import { runInProcess } from "../../../bench/core/trial-subject.ts";
import { contenders } from "../../../bench/links/entrants.ts";
import { ErlangPair } from "../../../bench/links/erlang-pair.ts";
import type { LinkWork } from "../../../bench/links/link-runtime.ts";
import { profile } from "../../../bench/links/main.ts";
import { natsServer } from "../../../bench/links/nats-server.ts";
import { installedVersion } from "../../../bench/peers/installed-package.ts";

const rate: Sizing = { kind: "rate", ms: 5, grain: 100, countMax: 1_000 };
const moment: Sizing = { kind: "duration", ms: 40 };

const ran = (module: string, work: string, sizing: Sizing = rate) =>
  runInProcess({
    ...{ peer: module, variant: "", module, folder: contenders },
    order: { work, setting: { actors: 2 }, sizing },
  });

const isThere: Readonly<Record<string, boolean>> = {
  nats: "version" in natsServer() && installedVersion("nats") !== undefined,
  moleculer: installedVersion("moleculer") !== undefined,
  comedy: installedVersion("comedy") !== undefined,
};
const works: readonly LinkWork[] = ["stream", "ask 1", "ask 64"];

for (const module of [
  ...["troupe", "troupe-curve", "transport", "zeromq-batched", "zeromq-single", "net"],
  "message-port",
  ...Object.keys(isThere),
]) {
  const skip = isThere[module] === false ? `${module} is not installed` : false;
  test(`${module} counts each tell and answers each ask of the other process`, {
    skip,
  }, async () => {
    for (const work of works) {
      const round = await ran(module, work);
      assert.ok(round.n >= 100 && round.elapsedMs > 0, work);
      assert.equal(round.latenciesMs?.length, work === "stream" ? undefined : round.n, work);
    }
  });
}

for (const module of ["troupe", "zeromq-single"]) {
  test(`${module} goes on answering beside large byte arrays`, async () => {
    const round = await ran(module, "ask beside bulk", moment);
    assert.ok(round.n > 0 && round.latenciesMs?.length === round.n);
  });
}

for (const module of ["transport", "zeromq-single"]) {
  test(`${module} answers what was asked while the connections were cut`, async () => {
    const round = await ran(module, "ask after a cut", moment);
    assert.ok(round.n > 0 && round.latenciesMs?.length === round.n);
  });
}

test("a contender that cannot do a work says so", async () => {
  await assert.rejects(ran("transport", "ask beside bulk", moment), {
    message: /transport, ask beside bulk: .*does no besideBulk/s,
  });
});

test("two Erlang nodes do the same, or it is said how to get them", async () => {
  const pair = await ErlangPair.open().catch((error: unknown) => error);
  if (!(pair instanceof ErlangPair)) {
    assert.match(String(pair), /install erlang-base/);
    return;
  }
  try {
    for (const work of ["stream", "send 1", "call 64"]) {
      const subject = pair.subject({ peer: "Erlang", variant: "", work, sizing: rate });
      const { elapsedMs, n } = await subject.round();
      assert.ok(n >= 100 && elapsedMs > 0, work);
    }
  } finally {
    pair.close();
  }
});

test("a profile shows both processes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-links-profile-"));
  try {
    const files = (await profile("net:ask 1", folder)).split(" and ");
    assert.equal(files.length, 2);
    for (const each of files) {
      assert.ok(JSON.parse(readFileSync(each, "utf8")).nodes.length > 0, each);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what cannot be profiled is named, with what can", async () => {
  await assert.rejects(profile("nobody:stream", tmpdir()), {
    code: "invalid",
    message: /nobody:stream.*troupe.*zeromq-batched.*stream, ask 1/,
  });
});
