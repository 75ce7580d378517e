// A process for tests that kill it or starve it: submits to a store and says on its output what was
// acknowledged, a line each, written before anything else happens.
//   S <task>  submitted
//   F <code>  a submission failed
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

const [path = ""] = process.argv.slice(2);
const thread = await SqliteBackend.open({ path });

async function submitOne(size: number): Promise<void> {
  const inputs = [file("image", size)];
  try {
    const result = await thread.call({ method: "submit", args: [submission({ inputs })] });
    if (result.kind === "created") say(`S ${result.taskId}`);
  } catch (failure) {
    say(`F ${failure instanceof Error ? failure.message : failure}`);
  }
}

say("opened");
// One submission for each byte that comes in.
for await (const chunk of process.stdin) {
  for (const _ of chunk) await submitOne(100_000);
}
await thread.close();
