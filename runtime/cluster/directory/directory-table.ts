// Pure. The meaning of the directory: operations and the time in, outcome and changes out. Every
// implementation does what this one does. An operation that fails has changed nothing.
import { formatNode, type NodeId, parseNode } from "#protocols/address.ts";
import {
  type Change,
  checkKey,
  type Entry,
  nodesPrefix,
  type Opened,
  type PlainValue,
  type PutRequest,
  plainValue,
  type RemoveRequest,
  type Revision,
  type SessionId,
  valueText,
} from "#protocols/cluster/directory-data.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import type {
  ListPage,
  ListRequest,
  OpenAttempt,
  RenewRequest,
} from "#protocols/cluster/directory-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { DirectoryRow } from "./directory-journal.ts";
import { checkExpected, fullOfEntries } from "./directory-refusals.ts";
import { entryOfRow, entryRow, markRow, sessionOfRow, sessionRow } from "./directory-rows.ts";
import {
  checkSession,
  DirectorySessions,
  refusedLife,
  type Session,
  sessionLost,
} from "./directory-sessions.ts";
import { nodeState, nodeValue } from "./node-entry.ts";
import { SortedKeys } from "./sorted-keys.ts";

export interface TableSink {
  changed(change: Change): void;
  keep(row: DirectoryRow): void;
}

export class DirectoryTable {
  readonly #sink: TableSink;
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new SortedKeys();
  readonly #sessions = new DirectorySessions();
  #revision: Revision;

  /** As the rows say, if not newer: `revision` is what it must have passed in any case. */
  constructor(
    sink: TableSink,
    start: {
      readonly rows: readonly DirectoryRow[];
      readonly revision: Revision;
      readonly nowMs: number;
    },
  ) {
    this.#sink = sink;
    this.#revision = start.revision;
    for (const row of start.rows) this.#restore(row, start.nowMs);
    for (const { key, session } of this.#entries.values()) {
      if (session !== undefined) this.#sessions.find(session)?.keys.add(key);
    }
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** No session ends before; Infinity without one. */
  get nextExpiryMs(): number {
    return this.#sessions.nextExpiryMs;
  }

  get entryCount(): number {
    return this.#entries.size;
  }

  open(request: OpenAttempt, nowMs: number): Opened {
    const { node, ttlMs, attempt } = request;
    checkSession(request);
    const record = plainValue(valueText(request.record, `the record of ${formatNode(node)}`));
    this.expire(nowMs);
    const known = this.#sessions.find(node);
    if (known?.attempt === attempt && !known.isSuperseded) return this.#openedAs(known);
    const newest = this.#sessions.mark(node.name);
    if (newest >= node.incarnation) throw refusedLife(node, newest);
    const value = nodeValue(node, record, null);
    valueText(value, `the record of ${formatNode(node)}`);
    this.#refuseFull(node, request.predecessor === "gone");
    for (const older of this.#sessions.ofName(node.name)) {
      if (request.predecessor === "gone") this.#end(older);
      else this.#supersede(older);
    }
    const expiresMs = nowMs + ttlMs;
    const session: Session = {
      ...{ id: formatNode(node), node: { ...node }, ttlMs, record, attempt, expiresMs },
      ...{ state: null, isSuperseded: false, keys: new Set<string>() },
    };
    this.#sessions.add(session);
    this.#sink.keep(sessionRow(session));
    const forgotten = this.#sessions.setMark(node.name, node.incarnation);
    this.#sink.keep(markRow(node.name, node.incarnation));
    if (forgotten !== undefined) this.#sink.keep(markRow(forgotten, undefined));
    this.#put(`${nodesPrefix}${node.name}`, value, session);
    return this.#openedAs(session);
  }

  renew({ session: id, state }: RenewRequest, nowMs: number): { readonly ttlMs: number } {
    this.expire(nowMs);
    const session = this.#living(id);
    if (state !== undefined) {
      const value = nodeValue(session.node, session.record, state);
      const text = valueText(value, `the record and state of ${session.id}`);
      const { state: plain } = nodeState(plainValue(text));
      if (JSON.stringify(plain) !== JSON.stringify(session.state)) {
        session.state = plain;
        this.#sink.keep(sessionRow(session));
        this.#put(`${nodesPrefix}${session.node.name}`, plainValue(text), session);
      }
    }
    session.expiresMs = nowMs + session.ttlMs;
    return { ttlMs: session.ttlMs };
  }

  close(id: SessionId, nowMs: number): void {
    this.expire(nowMs);
    const session = this.#sessions.find(id);
    if (session) this.#end(session);
  }

  put(request: PutRequest, nowMs: number): Entry {
    const { key } = request;
    this.#checkWritable(key);
    const value = plainValue(valueText(request.value, `the value of ${key}`));
    this.expire(nowMs);
    const session = request.session && this.#living(request.session);
    const present = this.#entries.get(key);
    checkExpected(request, present);
    if (!present && this.#entries.size >= directoryLimits.entriesMax) throw fullOfEntries(key);
    return this.#put(key, value, session);
  }

  remove(request: RemoveRequest, nowMs: number): boolean {
    const { key } = request;
    this.#checkWritable(key);
    this.expire(nowMs);
    const present = this.#entries.get(key);
    if (!present) return false;
    checkExpected(request, present);
    this.#remove(present);
    return true;
  }

  get(key: string, nowMs: number): Entry | undefined {
    checkKey(key);
    this.expire(nowMs);
    return this.#entries.get(key);
  }

  list({ prefix, after }: ListRequest, nowMs: number): ListPage {
    checkKey(prefix, "prefix");
    this.expire(nowMs);
    const entries: Entry[] = [];
    let bytes = 0;
    for (const key of this.#keys.within(prefix, after)) {
      const entry = this.#entries.get(key);
      if (!entry) continue;
      bytes += entryBytes(entry);
      const isFull = entries.length >= directoryLimits.answerEntriesMax;
      if (entries.length > 0 && (isFull || bytes > directoryLimits.answerBytesMax)) {
        const more = entries.at(-1)?.key ?? "";
        return { entries, revision: this.#revision, more };
      }
      entries.push(entry);
    }
    return { entries, revision: this.#revision };
  }

  /** Ends the sessions whose time has run out. Every operation does it first. */
  expire(nowMs: number): void {
    for (const session of this.#sessions.expired(nowMs)) this.#end(session);
  }

  /** All sessions last so much longer: for a time in which nobody could have renewed them. */
  extend(byMs: number): void {
    this.#sessions.extend(byMs);
  }

  /** Ends the sessions of a node's lives before this one: it is known that they are over. */
  endBefore(node: NodeId): void {
    for (const session of this.#sessions.ofName(node.name)) {
      if (session.node.incarnation < node.incarnation) this.#end(session);
    }
  }

  #openedAs({ node, ttlMs }: Session): Opened {
    const entry = this.#entries.get(`${nodesPrefix}${node.name}`);
    return { revision: entry?.revision ?? this.#revision, ttlMs };
  }

  #living(id: SessionId): Session {
    const session = this.#sessions.find(id);
    if (session && !session.isSuperseded) return session;
    throw sessionLost(id);
  }

  #refuseFull(node: NodeId, isFreed: boolean): void {
    const older = this.#sessions.ofName(node.name);
    const sessions = this.#sessions.count - (isFreed ? older.length : 0);
    if (sessions >= directoryLimits.sessionsMax) {
      const text = `${sessions} nodes have sessions, and ${formatNode(node)} would be one too many`;
      throw new Failure(
        "directory_full",
        `${text}; end nodes, or wait until those that died expire`,
      );
    }
    const key = `${nodesPrefix}${node.name}`;
    if (this.#entries.has(key) || this.#entries.size < directoryLimits.entriesMax) return;
    throw fullOfEntries(key);
  }

  #checkWritable(key: string): void {
    checkKey(key);
    if (!key.startsWith(nodesPrefix)) return;
    const text = `${key} is the directory's own: what stands there is said by open and renew`;
    throw new Failure("invalid", text);
  }

  #supersede(session: Session): void {
    session.isSuperseded = true;
    this.#sink.keep(sessionRow(session));
  }

  #end(session: Session): void {
    this.#sessions.remove(session);
    this.#sink.keep(sessionRow(session, "gone"));
    for (const key of session.keys) {
      const entry = this.#entries.get(key);
      if (entry) this.#remove(entry);
    }
  }

  #put(key: string, value: PlainValue, session: Session | undefined): Entry {
    const present = this.#entries.get(key);
    const revision = this.#nextRevision();
    const createdRevision = present?.createdRevision ?? revision;
    const owner = session === undefined ? {} : { session: session.node };
    const entry: Entry = { key, value, revision, createdRevision, ...owner };
    if (present?.session) this.#sessions.find(present.session)?.keys.delete(key);
    session?.keys.add(key);
    this.#entries.set(key, entry);
    if (!present) this.#keys.add(key);
    this.#sink.keep(entryRow(entry));
    this.#sink.changed({ kind: "put", revision, entry });
    return entry;
  }

  #remove(entry: Entry): void {
    const { key } = entry;
    const revision = this.#nextRevision();
    if (entry.session) this.#sessions.find(entry.session)?.keys.delete(key);
    this.#entries.delete(key);
    this.#keys.remove(key);
    this.#sink.keep(entryRow(entry, "gone"));
    this.#sink.changed({ kind: "removed", revision, entry });
  }

  #nextRevision(): Revision {
    this.#revision += 1;
    this.#sink.keep({ key: "revision", value: this.#revision });
    return this.#revision;
  }

  #restore(row: DirectoryRow, nowMs: number): void {
    const [kind = "", rest = ""] = [row.key.slice(0, 2), row.key.slice(2)];
    if (row.key === "revision" && typeof row.value === "number") {
      this.#revision = Math.max(this.#revision, row.value);
    } else if (kind === "e:") {
      const entry = entryOfRow(rest, row.value);
      this.#entries.set(entry.key, entry);
      this.#keys.add(entry.key);
    } else if (kind === "s:") {
      const node = parseNode(rest);
      if (node) this.#sessions.add(sessionOfRow(node, row.value, nowMs));
    } else if (kind === "m:" && typeof row.value === "number") {
      this.#sessions.setMark(rest, row.value);
    } else {
      throw new Failure("corrupt", `the directory has a row ${row.key} that says nothing`);
    }
  }
}

/** About what an entry takes in an answer. */
export const entryBytes = ({ key, value }: Entry): number =>
  key.length + JSON.stringify(value).length + 100;
