// Which tasks are to be listed, a page at a time.
import Type, { type Static } from "typebox";
import { storeLimits } from "../store-limits.ts";
import { TaskStatus } from "./task-states.ts";

const Name = Type.String({ minLength: 1, maxLength: 64 });

/** All that is named must fit; nothing named: all tasks, in the order of their arrival. */
export const TaskQuery = Type.Object({
  status: Type.Optional(TaskStatus),
  queue: Type.Optional(Name),
  node: Type.Optional(Name),
  userId: Type.Optional(Name),
  parentId: Type.Optional(Name),
  limit: Type.Integer({ minimum: 1, maximum: storeLimits.storePageMax }),
  /** `next` of the page before. */
  cursor: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type TaskQuery = Readonly<Static<typeof TaskQuery>>;
