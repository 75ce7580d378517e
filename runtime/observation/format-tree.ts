// A system's actors as a tree of lines, for a terminal:
//
//   /                       running
//   ├─ data                 running    demo.Data@1   3 waiting (12 KiB)   1 restart
//   │  └─ store             running    demo.Store@1  handling write for 1.2 s
//   └─ sessions             running    demo.List@1   2 stashed   1 timer
//      ├─ $1                suspended  demo.User@1
//      └─ … 4 999 more
//
// Pure. Takes what `system.inspect()` gives, and from newer systems more; what is absent is not shown.
import { durationText, sizeText } from "./duration-text.ts";
import { wholeNumber } from "./whole-number.ts";

export interface ShownActor {
  readonly path: string;
  readonly protocol: string;
  readonly state: string;
  /** Messages in the mailbox. */
  readonly waiting: number;
  readonly restarts: number;
  readonly children: readonly ShownActor[];
  readonly waitingBytes?: number;
  readonly stashed?: number;
  readonly timers?: number;
  /** Methods of the handlers in progress. */
  readonly handling?: readonly string[];
  /** It waits for room in another's mailbox. */
  readonly isPaused?: boolean;
}

export interface TreeFormat {
  /** Levels below the root. Deeper: said how many children are not shown. Default: 32. */
  readonly depthMax?: number;
  /** Children shown of one actor. More: said how many. Default: 50. */
  readonly childrenMax?: number;
  /** For how many milliseconds that handler is in progress, if it is known: see `handlingSince`. */
  readonly handlingMs?: (path: string, method: string) => number | undefined;
}

interface Row {
  readonly name: string;
  readonly columns: readonly string[];
}

/** One line an actor, each with its newline. */
export function formatTree(root: ShownActor, format: TreeFormat = {}): string {
  const { depthMax = 32, childrenMax = 50, handlingMs = () => undefined } = format;
  wholeNumber("depthMax", depthMax, { least: 0 });
  wholeNumber("childrenMax", childrenMax, { least: 0 });
  const rows: Row[] = [];
  const add = (actor: ShownActor, stem: Stem, depth: number): void => {
    rows.push({ name: stem.own + nameOf(actor), columns: columnsOf(actor, handlingMs) });
    const shown = depth < depthMax ? actor.children.slice(0, childrenMax) : [];
    const hidden = actor.children.length - shown.length;
    for (const [index, child] of shown.entries()) {
      const isLast = index === shown.length - 1 && hidden === 0;
      add(child, branch(stem, isLast ? "last" : "inner"), depth + 1);
    }
    if (hidden > 0) rows.push({ name: `${stem.below}└─ … ${hidden} more`, columns: [] });
  };
  add(root, { own: "", below: "" }, 0);
  return aligned(rows);
}

/** What stands before an actor's name, and before those of its children's rows. */
interface Stem {
  readonly own: string;
  readonly below: string;
}

const branch = ({ below }: Stem, place: "inner" | "last"): Stem =>
  place === "last"
    ? { own: `${below}└─ `, below: `${below}   ` }
    : { own: `${below}├─ `, below: `${below}│  ` };

const nameOf = ({ path }: ShownActor): string =>
  path === "/" ? path : path.slice(path.lastIndexOf("/") + 1);

function columnsOf(
  actor: ShownActor,
  handlingMs: NonNullable<TreeFormat["handlingMs"]>,
): readonly string[] {
  const { path, waiting, waitingBytes = 0, stashed = 0, timers = 0, restarts } = actor;
  const bytes = waitingBytes > 0 ? ` (${sizeText(waitingBytes)})` : "";
  const notes = [
    ...(waiting > 0 ? [`${waiting} waiting${bytes}`] : []),
    ...(stashed > 0 ? [`${stashed} stashed`] : []),
    ...(timers > 0 ? [`${timers} timer${timers === 1 ? "" : "s"}`] : []),
    ...(restarts > 0 ? [`${restarts} restart${restarts === 1 ? "" : "s"}`] : []),
    ...(actor.handling ?? []).map((method) => {
      const ms = handlingMs(path, method);
      return `handling ${method}${ms === undefined ? "" : ` for ${durationText(ms)}`}`;
    }),
    ...(actor.isPaused === true ? ["waits for room"] : []),
  ];
  return [actor.state, actor.protocol, notes.join("   ")];
}

function aligned(rows: readonly Row[]): string {
  const nameWidth = rows.reduce((width, { name }) => Math.max(width, name.length), 0);
  const widths = [0, 1].map((at) =>
    rows.reduce((width, { columns }) => Math.max(width, columns[at]?.length ?? 0), 0),
  );
  return rows
    .map(({ name, columns }) => {
      const cells = columns.map((text, at) => text.padEnd(widths[at] ?? 0));
      return `${[name.padEnd(nameWidth), ...cells].join("  ").trimEnd()}\n`;
    })
    .join("");
}
