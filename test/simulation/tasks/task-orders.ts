// From the terms of a planned step to what a client orders.
import { Failure } from "#protocols/failure.ts";
import { stepsModel, stepsType } from "#protocols/tasks/steps.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Order } from "./customer-actor.ts";
import { filesOf } from "./order-files.ts";

/** Steps come one after the other, and all of them belong to one task. */
const stepMsMax = 300;

type Terms = NonNullable<Step["terms"]>;

/** Fails with `invalid` when a plan from outside has no such terms. */
export function orderOf(terms: Terms): Order {
  const cancelAfterMs = numberIn(terms, "cancelAfterMs");
  return {
    submission: {
      ...{ ...taskOf(terms), ...limitsOf(terms), ...senderOf(terms) },
      ...(terms.isPinned === 1 ? { isEvictable: false } : {}),
    },
    delayMs: numberIn(terms, "delayMs") ?? 0,
    cancelAfterMs: cancelAfterMs ?? null,
  };
}

function taskOf(terms: Terms): TaskSubmission {
  const parameters = parametersOf(terms);
  const inputs = filesOf("input", Number(terms.index));
  if (terms.kind !== "steps") {
    return { type: "repair", model: "lama", parameters, inputs, queue: textIn(terms, "queue") };
  }
  const brisk = { ...parameters, runMs: Math.min(Number(terms.runMs), stepMsMax), strayMs: 0 };
  const step = { type: "repair", model: "lama", queue: textIn(terms, "queue"), parameters: brisk };
  const steps = [
    { name: "first", ...step },
    { name: "beside", ...step, parameters: { ...brisk, fails: "", asks: "" } },
    { name: "last", ...step, after: ["beside"], inputs: [{ name: "image", from: "first" }] },
  ];
  return {
    type: stepsType,
    model: stepsModel,
    parameters: { steps: JSON.stringify(steps) },
    inputs,
  };
}

function parametersOf(terms: Terms): TaskParameters {
  const { runMs, fails, asks, onTimeout, expiresMs, strayAs, strayMs } = terms;
  const wanted = { runMs, fails, asks, onTimeout, expiresMs, strayAs, strayMs };
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value]],
    ),
  );
}

function limitsOf(terms: Terms) {
  const [queueDeadlineMs, deadlineMs, timeoutMs] = [
    numberIn(terms, "queueDeadlineMs"),
    numberIn(terms, "deadlineMs"),
    numberIn(terms, "timeoutMs"),
  ];
  return {
    maxRetries: numberIn(terms, "maxRetries") ?? 0,
    priority: numberIn(terms, "priority") ?? 2,
    ...(queueDeadlineMs === undefined ? {} : { queueDeadlineMs }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** Keys are of one scope, so that one key is one task. */
function senderOf({ user, key }: Terms) {
  return {
    ...(user === "" || user === undefined ? {} : { userId: String(user) }),
    ...(key === "" || key === undefined
      ? {}
      : { idempotencyKey: String(key), idempotencyScope: "orders" }),
  };
}

function textIn(terms: Terms, name: string): string {
  const value = terms[name];
  if (typeof value === "string" && value !== "") return value;
  throw new Failure("invalid", `${name} of an order is a text, not ${String(value)}`);
}

function numberIn(terms: Terms, name: string): number | undefined {
  const value = terms[name];
  return typeof value === "number" ? value : undefined;
}
