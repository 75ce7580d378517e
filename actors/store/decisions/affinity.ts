// Which of the first tasks in rank a worker would rather have: one that names a tag of its node, or
// a skill that the task can use and the worker has. Such a task goes ahead as if it were one level
// more urgent, so that a preference never keeps another task waiting for long.
import type { RunnerGifts } from "#protocols/tasks/capability-match.ts";
import type { ClaimRequest } from "#protocols/tasks/store.ts";
import type { ReadyEntry } from "../shelf.ts";
import type { StoreContext } from "../store-context.ts";
import { goingAheadMs } from "./going-ahead.ts";

/** Candidates that are looked at for each task that is wanted. */
export const lookahead = 4;

export const prefersSome = ({ skills = [], tags = [] }: ClaimRequest): boolean =>
  skills.length + tags.length > 0;

/** The same entries in the order of the worker's preference. */
export function preferred(
  context: StoreContext,
  { tags, gifts }: Pick<ClaimRequest, "tags"> & { readonly gifts: RunnerGifts },
  entries: readonly ReadyEntry[],
): readonly ReadyEntry[] {
  const tagsHad = new Set(tags);
  return entries
    .map((entry) => {
      // A damaged task shows itself when it is claimed.
      const task = context.shelf.salvage(entry.taskId);
      const isMatch =
        task?.affinityTags.some((tag) => tagsHad.has(tag)) ||
        task?.optionalSkills.some((skill) => gifts.skills.levels.has(skill));
      const aheadMs = task && isMatch ? goingAheadMs(context, task.queue) : 0;
      return { entry, rank: entry.rank - aheadMs };
    })
    .sort((a, b) => a.rank - b.rank || a.entry.seq - b.entry.seq)
    .map(({ entry }) => entry);
}
