// A process for tests that kill it or starve it: works on a store and says on its output what was
// acknowledged, a line each, written before anything else happens.
//   S <task>          submitted
//   C <task> <fence>  completed
//   F <code>          a submission failed
import { writeSync } from "node:fs";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { file, submission } from "./sqlite-store-fixture.ts";

/** Waits while the pipe is full: a line that was said was really said. */
function say(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch (cause) {
    if (!(cause instanceof Error) || !cause.message.startsWith("EAGAIN")) throw cause;
    say(line);
  }
}

const [path = "", mode = "work"] = process.argv.slice(2);
const thread = await SqliteBackend.open({ path });
const node = "worker-1";

async function submitOne(size: number): Promise<void> {
  const inputs = [file("image", size)];
  try {
    const result = await thread.call({ method: "submit", args: [submission({ inputs })] });
    if (result.kind === "created") say(`S ${result.taskId}`);
  } catch (failure) {
    say(`F ${failure instanceof Error ? failure.message : failure}`);
  }
}

async function completeSome(): Promise<void> {
  const request = { node, incarnation: 1, models: ["m"], max: 4, leaseMs: 600_000 };
  const leases = await thread.call({ method: "claim", args: [request] });
  const each = leases.map(async ({ taskId, fence, epoch, inputs }) => {
    const result = { figures: { taskId }, files: [...inputs] };
    const lease = { taskId, fence, epoch };
    const answer = await thread.call({ method: "complete", args: [{ lease, result }] });
    if (answer.kind === "committed") say(`C ${taskId} ${fence}`);
  });
  await Promise.all(each);
}

say("opened");
if (mode === "work") {
  await thread.call({ method: "releaseNode", args: [{ node, except: [] }] });
  await thread.call({ method: "sweep", args: [500] });
  for (;;) {
    await Promise.all([submitOne(2_000), submitOne(70_000), submitOne(10), completeSome()]);
  }
}
// Otherwise: one submission for each byte that comes in.
for await (const chunk of process.stdin) {
  for (const _ of chunk) await submitOne(100_000);
}
await thread.close();
