// What happened in a run, line by line: as a hash, so that two runs can be compared, and its last
// lines, so that a failure can be read: the turns of its story, and all of each node.
import { createHash } from "node:crypto";

/** Of the lines that are marked, and of those of each node, the last so many are kept. */
const marksKept = 40;
const nodeLinesKept = 200;
const charactersPerUpdate = 32_768;

export class RunTrace {
  readonly #hash = createHash("sha256");
  readonly #marked: string[] = [];
  readonly #ofNodes = new Map<string, string[]>();
  #pending = "";

  /** One of very many: a frame, a message. `nodes` are those that it happens at. */
  note(nowMs: number, what: string, ...nodes: readonly string[]): void {
    this.#add(lineOf(nowMs, what), nodes);
  }

  /** One of those that tell the story: a fault, a process, a connection. */
  mark(nowMs: number, what: string, ...nodes: readonly string[]): void {
    const line = lineOf(nowMs, what);
    this.#add(line, nodes);
    keep(this.#marked, line, marksKept);
  }

  get lastMarks(): readonly string[] {
    return this.#marked.slice(-marksKept);
  }

  /** The last 200 lines of one node. */
  linesOf(node: string): readonly string[] {
    return (this.#ofNodes.get(node) ?? []).slice(-nodeLinesKept);
  }

  /** SHA-256 of everything noted, in hex. */
  get digest(): string {
    this.#absorb();
    return this.#hash.copy().digest("hex");
  }

  #add(line: string, nodes: readonly string[]): void {
    for (const node of nodes) {
      let lines = this.#ofNodes.get(node);
      if (lines === undefined) {
        lines = [];
        this.#ofNodes.set(node, lines);
      }
      keep(lines, line, nodeLinesKept);
    }
    this.#pending += `${line}\n`;
    if (this.#pending.length >= charactersPerUpdate) this.#absorb();
  }

  #absorb(): void {
    this.#hash.update(this.#pending);
    this.#pending = "";
  }
}

const lineOf = (nowMs: number, what: string): string => `${nowMs.toFixed(3).padStart(10)} ${what}`;

function keep(lines: string[], line: string, linesMax: number): void {
  lines.push(line);
  if (lines.length >= 2 * linesMax) lines.splice(0, linesMax);
}
