import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "examples/actors");

/** What each example is to have said, in this order. */
const promised: Readonly<Record<string, readonly RegExp[]>> = {
  "01-counter.ts": [/counted to 2000/],
  "02-supervision.ts": [
    /a new kettle/,
    /water of 100 degrees/,
    /actor_crashed.*120 degrees/,
    /a new kettle/,
    /water of 90 degrees/,
    /actor_crashed.*150 degrees/,
    /a new kettle/,
    /water of 95 degrees/,
  ],
  "03-work-pull.ts": [/Ada has developed 10/, /100 photographs in \d+ ms/],
  "04-persistence.ts": [/killed after (\d+) acknowledged coins; in the box: (\d+)/],
  "05-two-nodes.ts": [/process \d+ has nothing against rain/, /\/poet#\d+ is gone: node-down/],
  "06-actors-elsewhere.ts": [
    /do on the horn in the (east|west), note 1/,
    /re on the horn in the (east|west), note 2/,
    /actor_crashed.*what note is that/,
    /mi on the horn in the (east|west), note 1/,
    /so on the horn in the (east|west), note 1/,
  ],
  "07-keyed-actors.ts": [
    /has dish 1, soup, from (north|south)/,
    /north is killed/,
    /Ada has dish \d, cake, from south/,
    /Finn has dish \d, cake, from south/,
  ],
  "08-moving.ts": [/left: moved twice/, /left counted \d+ and right counted \d+: 3000 in order/],
  "09-repositories.ts": [
    /studio is online and can \["inpaint"\]/,
    /sky is completed: \{"holes":3\}/,
    /2 tasks: 0 waiting, 1 completed, 1 cancelled/,
  ],
  "10-cluster-state.ts": [/studio is online/, /sky is pending, version 2/, /1 task, 1 node/],
  "11-cluster-client.ts": [
    /conflict: the task \S+ is pending, from where it may become running/,
    /cancelling: cancelled/,
    /1\. submitted\n2\. amended\n3\. cancelled/,
    /warning: we close at noon/,
    /the light is white, then \{"color":"green","by":"node studio"\}/,
    /lamp online/,
    /1 task was cancelled/,
  ],
};

const run = async (name: string): Promise<string> => {
  const args = ["--import", "#runtime/host/typescript-loader.mjs", join(folder, name)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    timeout: 60_000,
  });
  return stdout;
};

test("every example is run here", () => {
  assert.deepEqual(readdirSync(folder).sort(), Object.keys(promised));
});

for (const [name, lines] of Object.entries(promised)) {
  test(`${name} is short, runs, says what it promises, and ends`, { timeout: 90_000 }, async () => {
    const length = readFileSync(join(folder, name), "utf8").split("\n").length;
    assert(length <= 80, `${name} has ${length} lines, at most 80`);
    const said = await run(name);
    let from = 0;
    for (const line of lines) {
      const found = said.slice(from).search(line);
      assert.notEqual(found, -1, `nothing of ${line} in what was left of:\n${said}`);
      from += found + 1;
    }
  });
}

test("04-persistence.ts has lost no coin that it acknowledged", { timeout: 90_000 }, async () => {
  const [, acknowledged, kept] =
    /after (\d+) ack.* box: (\d+)/.exec(await run("04-persistence.ts")) ?? [];
  assert(Number(acknowledged) >= 50, `only ${acknowledged} were acknowledged`);
  assert(Number(kept) >= Number(acknowledged), `${kept} of ${acknowledged} coins are left`);
});
