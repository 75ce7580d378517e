// What a worker that claims has to give, by the register of skills as it stands in this transaction: a
// change of it counts from the next claim on, for those who have offered themselves before, too.
import type { RunnerGifts } from "#protocols/tasks/capability-match.ts";
import type { ClaimRequest } from "#protocols/tasks/claim-request.ts";
import { type SkillSight, skillSight } from "#protocols/tasks/skill-sight.ts";
import type { RecordShelf } from "../record-shelf.ts";
import { skillTable } from "../records/node-tables.ts";
import { readable } from "./ending.ts";

/** The register is read when the first task asks for a skill, and once. */
export class WorkerGifts implements RunnerGifts {
  readonly models: RunnerGifts["models"];
  readonly machine: RunnerGifts["machine"];
  readonly #records: RecordShelf;
  readonly #held: NonNullable<ClaimRequest["skills"]>;
  #skills: SkillSight | undefined;

  constructor(
    records: RecordShelf,
    { models, skills = [], machine }: Pick<ClaimRequest, "models" | "skills" | "machine">,
  ) {
    this.models = new Set(models);
    this.machine = machine;
    this.#records = records;
    this.#held = skills;
  }

  get skills(): SkillSight {
    this.#skills ??= skillSight(
      this.#held,
      // A damaged row keeps nobody from working: what it said is not known, and `troupe check` tells of it.
      (skill) => readable(() => this.#records.get(skillTable, [skill]))?.dependsOn ?? [],
    );
    return this.#skills;
  }
}
