// The directory's table as rows of its journal, and back. What comes back was written here: anything
// else is damage.
//
//   revision          the last one given
//   e:<key>           an entry
//   s:<name>~<life>   a session, without the time it has left: after a restart that is all of its ttl
//   m:<name>          the newest incarnation that the name ever had
import { formatNode, type NodeId, parseNode } from "#protocols/address.ts";
import type { Entry, PlainValue } from "#protocols/cluster/directory-data.ts";
import { Failure } from "#protocols/failure.ts";
import type { DirectoryRow } from "./directory-journal.ts";
import type { Session } from "./directory-sessions.ts";

type Presence = "present" | "gone";

export function entryRow(entry: Entry, presence: Presence = "present"): DirectoryRow {
  const key = `e:${entry.key}`;
  if (presence === "gone") return { key, value: undefined };
  const { value, revision, createdRevision, session } = entry;
  const owner = session === undefined ? null : formatNode(session);
  return { key, value: [revision, createdRevision, owner, value] };
}

export function entryOfRow(key: string, row: PlainValue | undefined): Entry {
  const [revision, createdRevision, owner, value] = Array.isArray(row) ? row : [];
  if (typeof revision !== "number" || typeof createdRevision !== "number" || value === undefined) {
    throw damaged(`the entry ${key}`);
  }
  if (typeof owner !== "string") return { key, value, revision, createdRevision };
  const session = parseNode(owner);
  if (!session) throw damaged(`the owner of ${key}`);
  return { key, value, revision, createdRevision, session };
}

export function sessionRow(session: Session, presence: Presence = "present"): DirectoryRow {
  const key = `s:${session.id}`;
  if (presence === "gone") return { key, value: undefined };
  const { ttlMs, record, state, attempt, isSuperseded } = session;
  return { key, value: [ttlMs, record, state, attempt, isSuperseded] };
}

export function sessionOfRow(node: NodeId, row: PlainValue | undefined, nowMs: number): Session {
  const [ttlMs, record, state, attempt, isSuperseded] = Array.isArray(row) ? row : [];
  const id = formatNode(node);
  if (typeof ttlMs !== "number" || typeof attempt !== "string" || record === undefined) {
    throw damaged(`the session ${id}`);
  }
  return {
    ...{ id, node, ttlMs, record, state: state ?? null, attempt },
    ...{ isSuperseded: isSuperseded === true, expiresMs: nowMs + ttlMs, keys: new Set<string>() },
  };
}

export const markRow = (name: string, incarnation: number | undefined): DirectoryRow => ({
  key: `m:${name}`,
  value: incarnation,
});

const damaged = (what: string): Failure =>
  new Failure("corrupt", `${what} in the directory's journal is damaged; restore a backup`);
