// When to take a snapshot: so that a recovery reads few events, and few snapshots are written. Pure.
import { Failure } from "#protocols/failure.ts";

/** A snapshot is due when either bound is reached since the last one. */
export interface SnapshotPolicy {
  readonly events?: number;
  /** Of events, as they are stored. */
  readonly bytes?: number;
}

export const snapshotPolicyDefault: SnapshotPolicy = { events: 1_000, bytes: 4 * 1024 * 1024 };

/** What happened since the last snapshot. */
export interface SinceSnapshot {
  readonly events: number;
  readonly bytes: number;
}

export const isSnapshotDue = (policy: SnapshotPolicy | "never", since: SinceSnapshot): boolean =>
  policy !== "never" &&
  since.events > 0 &&
  (since.events >= (policy.events ?? Number.POSITIVE_INFINITY) ||
    since.bytes >= (policy.bytes ?? Number.POSITIVE_INFINITY));

/** Throws `invalid` for a policy that would never or always be due. */
export function checkSnapshotPolicy(policy: SnapshotPolicy | "never"): void {
  if (policy === "never") return;
  if (typeof policy !== "object" || policy === null) {
    const text = `a snapshot policy is { events, bytes } or "never", not ${JSON.stringify(policy)}`;
    throw new Failure("invalid", text);
  }
  const bounds = Object.entries(policy).filter(([, bound]) => bound !== undefined);
  if (bounds.length === 0) {
    throw new Failure("invalid", 'a snapshot policy names events or bytes, or is "never"');
  }
  for (const [name, bound] of bounds) {
    const isKnown = name === "events" || name === "bytes";
    if (isKnown && Number.isSafeInteger(bound) && bound >= 1) continue;
    const text = `a snapshot policy has events and bytes, whole numbers from 1, not ${name}: ${bound}`;
    throw new Failure("invalid", text);
  }
}
