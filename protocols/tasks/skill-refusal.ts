// Why the register of skills did not take a change, and what to do about it.
import { Failure } from "../failure.ts";
import type { SkillDropped, SkillSaved } from "./node-records.ts";

/** Undefined: it was taken. */
export function skillRefusal(
  skill: string,
  answer: SkillSaved | SkillDropped,
): Failure | undefined {
  switch (answer.kind) {
    case "saved":
    case "removed":
      return undefined;
    case "cycle": {
      const ring = answer.ring.join(" -> ");
      const remedy = "leave out one of these dependencies";
      return new Failure("invalid", `the skill ${skill} would rest on itself: ${ring}; ${remedy}`);
    }
    case "unknown": {
      const names = answer.missing.join(", ");
      const remedy = `put ${names} first, or leave it out`;
      return new Failure(
        "invalid",
        `${skill} rests on what is no registered skill: ${names}; ${remedy}`,
      );
    }
    case "needed": {
      const names = answer.by.join(", ");
      const remedy = `drop ${names} first, or put without it`;
      return new Failure(
        "conflict",
        `the skill ${skill} is what others rest on: ${names}; ${remedy}`,
      );
    }
    case "not_found":
      return new Failure(
        "not_found",
        `there is no registered skill ${skill}; troupe skills lists them`,
      );
    case "full": {
      const remedy = "drop some that nobody needs";
      return new Failure("invalid", `${answer.limit} skills are registered, the most; ${remedy}`);
    }
    default:
      return answer satisfies never;
  }
}
