// A process for tests that kill it or starve it: keeps ledgers in a file, and says on its output
// what was acknowledged, a line each, written before anything else happens.
//   A <ledger> <n>   entry n was acknowledged
//   F <text>         an entry failed
import { writeSync } from "node:fs";
import { storedIn } from "#runtime/persistence/storage.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { SqlitePersistence } from "#runtime/stores/sqlite-persistence.ts";
import { LedgerActor } from "./ledger.ts";

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
const store = await SqlitePersistence.open(path).catch((failure: unknown) => {
  say(`F ${failure instanceof Error ? failure.message : failure}`);
  process.exit(3);
});
const system = await startLocalSystem({ log: { write: () => {} } });
const bound = storedIn(store, LedgerActor);
const names = ["a", "b", "c", "d"];
const ledgers = names.map((name) => ({ name, ref: system.spawn(bound, { name }, { name }) }));

async function work({ name, ref }: (typeof ledgers)[number]): Promise<never> {
  let count = (await ref.notes()).length;
  for (;;) {
    // Each note is its own number, so that what is missing or doubled can be seen.
    const fresh = Array.from({ length: 1 + (count % 3) }, (_, index) => String(count + index + 1));
    count = await (count % 2 === 0 ? ref.enterAll(fresh) : ref.enterEach(fresh));
    say(`A ${name} ${count}`);
  }
}

say("opened");
if (mode === "work") await Promise.all(ledgers.map(work));
// Otherwise: one large entry for each byte that comes in.
for await (const chunk of process.stdin) {
  for (const _ of chunk) {
    try {
      say(`A a ${await ledgers[0]?.ref.enter("x".repeat(100_000))}`);
    } catch (failure) {
      say(`F ${failure instanceof Error ? failure.message : failure}`);
    }
  }
}
await system.stop();
await store.close();
