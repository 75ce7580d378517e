// A call of a store as data, so that it can cross to a thread or a server; checked once, here, for
// every store. Pure.
import { Failure } from "#protocols/failure.ts";
import type {
  AppendRequest,
  DeleteRequest,
  ReadRequest,
  SaveRequest,
  StoredValue,
} from "./journal.ts";
import { persistenceLimits } from "./persistence-limits.ts";

export type StoreCall =
  | { readonly kind: "claim"; readonly persistenceId: string }
  | ({ readonly kind: "append" } & AppendRequest)
  | ({ readonly kind: "read" } & ReadRequest)
  | ({ readonly kind: "forget-events" } & DeleteRequest)
  | ({ readonly kind: "save" } & SaveRequest)
  | { readonly kind: "load"; readonly persistenceId: string }
  | ({ readonly kind: "forget-snapshots" } & DeleteRequest);

export const isWrite = (call: StoreCall): boolean => call.kind !== "read" && call.kind !== "load";

/** Bytes that the call carries. */
export function bytesOf(call: StoreCall): number {
  if (call.kind === "save") return call.bytes.byteLength;
  if (call.kind !== "append") return 0;
  return call.events.reduce((sum, event) => sum + event.bytes.byteLength, 0);
}

/** Throws `invalid` or `too_large` for what no store takes. */
export function checkCall(call: StoreCall): void {
  checkId(call.persistenceId);
  switch (call.kind) {
    case "claim":
    case "load":
      return;
    case "read":
      checkCount("after", call.after, 0);
      checkCount("limit", call.limit, 1);
      return;
    case "append":
      checkCount("expectedVersion", call.expectedVersion, 0);
      checkEvents(call.events);
      break;
    case "save":
      checkCount("sequence", call.sequence, 1);
      checkValue("the state", call, persistenceLimits.stateBytesMax);
      break;
    case "forget-events":
    case "forget-snapshots":
      checkCount("upTo", call.upTo, 0);
      break;
    default:
      call satisfies never;
  }
  checkCount("fence", call.fence, 1);
}

/** Throws `invalid` for what cannot name anything. */
export function checkId(persistenceId: string): void {
  const { idLengthMax } = persistenceLimits;
  // A half of a surrogate pair would come back as another character.
  const isText = typeof persistenceId === "string" && !/\p{Surrogate}/u.test(persistenceId);
  if (isText && persistenceId.length >= 1 && persistenceId.length <= idLengthMax) return;
  const text = `a persistence id is a text of 1 to ${idLengthMax} characters, not ${JSON.stringify(persistenceId)}`;
  throw new Failure("invalid", text);
}

function checkEvents(events: readonly StoredValue[]): void {
  const { appendEventsMax, appendBytesMax, eventBytesMax } = persistenceLimits;
  if (events.length === 0) throw new Failure("invalid", "an append has at least one event");
  let bytes = 0;
  for (const event of events) {
    checkValue("an event", event, eventBytesMax);
    bytes += event.bytes.byteLength;
  }
  if (events.length <= appendEventsMax && bytes <= appendBytesMax) return;
  const text = `an append has at most ${appendEventsMax} events of ${appendBytesMax} bytes together`;
  throw new Failure("too_large", `${text}, not ${events.length} of ${bytes}: split it`);
}

function checkValue(what: string, value: StoredValue, bytesMax: number): void {
  checkCount("schemaVersion", value.schemaVersion, 1);
  if (value.bytes.byteLength <= bytesMax) return;
  const text = `${what} has ${value.bytes.byteLength} bytes, at most ${bytesMax}: keep less`;
  throw new Failure("too_large", text);
}

function checkCount(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new Failure("invalid", `${name} is a whole number from ${min}, not ${value}`);
}
