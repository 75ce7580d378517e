// Who may write, and where: the refusals that every store shares. Pure.
import { Failure } from "#protocols/failure.ts";
import type { AppendRequest, Ownership, SaveRequest } from "./journal.ts";

/** Throws `conflict` for a writer that is not the owner. `fence` is the newest; 0: nobody claimed. */
export function checkOwner(writer: Ownership, fence: number): void {
  if (writer.fence === fence) return;
  const { persistenceId } = writer;
  const text =
    fence === 0
      ? `${persistenceId} was never claimed; claim it before writing`
      : `${persistenceId} belongs to a newer writer (fence ${fence}, this one has ${writer.fence}); let only one actor keep this id`;
  throw new Failure("conflict", text);
}

/** Throws `conflict` when the writer does not know all events. */
export function checkVersion(
  { persistenceId, expectedVersion }: AppendRequest,
  version: number,
): void {
  if (expectedVersion === version) return;
  const text = `${persistenceId} has version ${version}, and its writer expected ${expectedVersion}; recover first`;
  throw new Failure("conflict", text);
}

/** Throws `conflict` when there is a newer snapshot already. */
export function checkNewest({ persistenceId, sequence }: SaveRequest, newest: number): void {
  if (sequence >= newest) return;
  const text = `${persistenceId} has a snapshot of ${newest} already, and this one is of ${sequence}; recover first`;
  throw new Failure("conflict", text);
}
