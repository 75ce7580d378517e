// Puts the parts of a node together that rest on the directory: its session, and its names; and on the
// director, where an actor keeps it, that actor.
import type { Ref } from "#protocols/actor-ref.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import type { DirectoryService } from "#protocols/cluster/directory-protocol.ts";
import type { Directory } from "#runtime/cluster/directory/directory.ts";
import {
  DirectoryActor,
  type DirectoryArguments,
} from "#runtime/cluster/directory/directory-actor.ts";
import { MemoryDirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import {
  DirectorySession,
  type SessionTerms,
} from "#runtime/cluster/directory/directory-session.ts";
import { EmbeddedDirectory } from "#runtime/cluster/directory/embedded-directory.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { ClusterNames } from "./cluster-names.ts";

/** A session of nodes that cannot be cut off from their directory without being gone. */
export const endlessSession: SessionTerms = { ttlMs: directoryLimits.ttlMsMax };

export interface NodeNames {
  readonly names: ClusterNames;
  readonly session: DirectorySession;
}

/** As `useDirectory`, with the one that an actor of the director keeps. */
export const useEmbeddedNames = (
  system: ActorSystem,
  director: string,
  terms: SessionTerms = endlessSession,
): NodeNames => useDirectory(system, new EmbeddedDirectory(system, director), terms);

/** Gives the system its names. Its session is opened by `names.join`, or the first claim. */
export function useDirectory(
  system: ActorSystem,
  directory: Directory,
  terms: SessionTerms,
): NodeNames {
  const session = new DirectorySession(system, directory, terms);
  const names = new ClusterNames(system, session);
  system.useNames(names);
  return { names, session };
}

/** On the director: in memory, where nothing else is said, and for nodes whose links tell their end. */
export function spawnDirectory(
  system: ActorSystem,
  terms: Partial<DirectoryArguments> = {},
): Ref<DirectoryService> {
  const journal = terms.journal ?? new MemoryDirectoryJournal();
  const sessionsEnd = terms.sessionsEnd ?? "with-their-link";
  return system.spawn(DirectoryActor, { journal, sessionsEnd }, { name: "directory" });
}
