// The process that is killed: it owns a store, and does what its parent asks over the channel between
// them. It says when its modules are loaded, so that a successor can stand ready before it is needed.

import type { StoreBackend, StoreCommand } from "#actors/store/backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";

export type CrashPlace =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "redis"; readonly port: number; readonly group: string };

export type CrashRequest =
  | { readonly kind: "open"; readonly place: CrashPlace }
  | { readonly kind: "call"; readonly id: number; readonly command: StoreCommand }
  | { readonly kind: "close" };

export type CrashReport =
  | { readonly kind: "loaded" }
  | { readonly kind: "opened"; readonly info: StoreInfo }
  | { readonly kind: "refused"; readonly failure: FailureData }
  | {
      readonly kind: "done";
      readonly id: number;
      readonly value: unknown;
      readonly info: StoreInfo;
    }
  | { readonly kind: "failed"; readonly id: number; readonly failure: FailureData };

const say = (report: CrashReport): void => {
  process.send?.(report);
};

/** Loads what it needs and no more, before it is asked: it is started often. */
async function opener(
  kind: string | undefined,
): Promise<(place: CrashPlace) => Promise<StoreBackend>> {
  if (kind === "sqlite") {
    const { SqliteBackend } = await import("#actors/store/sqlite/sqlite-backend.ts");
    return async (place) => {
      if (place.kind !== "sqlite") throw new Failure("invalid", `it was started for ${kind}`);
      return SqliteBackend.open({ path: place.path });
    };
  }
  const { RedisBackend } = await import("#actors/store/redis/redis-backend.ts");
  return async (place) => {
    if (place.kind !== "redis") throw new Failure("invalid", `it was started for ${kind}`);
    const { port, group } = place;
    return RedisBackend.open({ place: { kind: "server", options: { port } }, group });
  };
}

async function answer(
  backend: StoreBackend | undefined,
  { id, command }: Extract<CrashRequest, { kind: "call" }>,
): Promise<void> {
  try {
    if (!backend) throw new Failure("unavailable", "open it first");
    const value = await backend.call(command);
    say({ kind: "done", id, value, info: backend.info });
  } catch (cause) {
    say({ kind: "failed", id, failure: Failure.of(cause).toData() });
  }
}

let backend: StoreBackend | undefined;
const openAt = await opener(process.argv[2]);

async function heard(request: CrashRequest): Promise<void> {
  switch (request.kind) {
    case "open":
      try {
        backend = await openAt(request.place);
        say({ kind: "opened", info: backend.info });
      } catch (cause) {
        say({ kind: "refused", failure: Failure.of(cause).toData() });
      }
      return;
    case "call":
      return answer(backend, request);
    case "close":
      await backend?.close();
      process.disconnect();
      return;
    default:
      request satisfies never;
  }
}

const isRequest = (message: unknown): message is CrashRequest =>
  typeof message === "object" && message !== null && "kind" in message;

process.on("message", (message) => {
  if (isRequest(message)) void heard(message);
});
// Whoever started it is gone.
process.on("disconnect", () => process.exit());
say({ kind: "loaded" });
