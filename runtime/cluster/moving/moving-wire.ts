// What nodes say to each other of moving actors, as tells to a path that no actor can have. They go in
// the order of the messages to the same actor, so that a flush never overtakes what was sent before it.
import {
  type ActorId,
  actorUidOf,
  type CargoPart,
  type MigrationNotice,
  readCargoPart,
  readMigrationNotice,
  readStreamHeader,
} from "#protocols/cluster/migration.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { movingPath } from "#protocols/lanes.ts";
import type { StreamBody, StreamItem } from "#runtime/cluster/migration/peer-message.ts";
import {
  layOutCarried,
  malformed,
  number,
  type OnLink,
  readCarried,
  text,
} from "./carried-message.ts";

export type MovingWord =
  | { readonly kind: "item"; readonly item: LinkItem }
  | { readonly kind: "part"; readonly part: CargoPart }
  | { readonly kind: "notice"; readonly notice: MigrationNotice }
  /** Of ours: not for the machines of moving. */
  | { readonly kind: "aside"; readonly about: string; readonly fields: readonly unknown[] };

type Tell = Extract<Envelope, { kind: "tell" }>;

/** Equal actors have equal keys; other words have none. */
const tellOf = (aid: ActorId | undefined, method: string, ...args: unknown[]): Tell => ({
  kind: "tell",
  to: { path: movingPath, uid: aid === undefined ? 1 : actorUidOf(aid) },
  method,
  args,
});

export const noticeTell = (notice: MigrationNotice): Tell =>
  tellOf("aid" in notice ? notice.aid : undefined, "notice", notice);

export const partTell = (part: CargoPart): Tell => tellOf(part.aid, "part", part);

export const asideTell = (about: string, fields: readonly unknown[]): Tell =>
  tellOf(undefined, "aside", about, ...fields);

export type LinkItem = StreamItem<OnLink>;

export const itemTell = (item: LinkItem, nowMs: number): Tell =>
  tellOf(item.aid, "item", ...itemFields(item, nowMs));

export function itemFields(item: LinkItem, nowMs: number): readonly unknown[] {
  const { aid, body, epoch, origin, start, version } = item;
  return [aid, origin, epoch, version, start, ...bodyFields(body, nowMs)];
}

function bodyFields(body: StreamBody<OnLink>, nowMs: number): readonly unknown[] {
  switch (body.kind) {
    case "message":
      return ["message", layOutCarried(body.message, nowMs)];
    case "flush":
      return ["flush", body.to, body.probe];
    case "probe":
      return ["probe", body.probe];
    default:
      return body satisfies never;
  }
}

export function readItem(fields: readonly unknown[], nowMs: number): LinkItem {
  const [aid, origin, epoch, version, start, ...body] = fields;
  const header = readStreamHeader({ aid, origin, epoch, version, start });
  return { ...header, body: readBody(body, nowMs) };
}

function readBody([kind, first, second]: readonly unknown[], nowMs: number): StreamBody<OnLink> {
  if (kind === "message") return { kind, message: readCarried(first, nowMs) };
  if (kind === "flush") return { kind, to: number(first), probe: number(second) };
  if (kind === "probe") return { kind, probe: number(first) };
  throw malformed("its item has no body");
}

/** Fails with `invalid` for what is no such word. */
export function readWord({ method, args }: Tell, nowMs: number): MovingWord {
  switch (method) {
    case "item":
      return { kind: "item", item: readItem(args, nowMs) };
    case "part":
      return { kind: "part", part: readCargoPart(args[0]) };
    case "notice":
      return { kind: "notice", notice: readMigrationNotice(args[0]) };
    case "aside":
      return { kind: "aside", about: text(args[0]), fields: args.slice(1) };
    default:
      throw malformed(`it is a ${method.slice(0, 40)}`);
  }
}
