// From a request to the submission that it asks for. All that is wrong is said in the client's own words:
// where in its JSON, and what to write instead.
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { TaskOrder } from "#protocols/outside/task-order.ts";
import { stepsModel, stepsType } from "#protocols/tasks/steps.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { userOf } from "./asking-user.ts";
import type { HttpRequest } from "./http-message.ts";
import { type Form, type FormFile, readForm } from "./multipart.ts";
import type { ClientSubmission } from "./queue-client.ts";

const orders = Compile(TaskOrder);

export interface OrderTerms {
  /** That repairs are sent to. */
  readonly model: string;
  /** Whose request it is, if somebody in front of the gateway says so. */
  readonly user: string | undefined;
}

/** Fails with `invalid`, `too_large` and `forbidden`. */
export function submissionIn(request: HttpRequest, terms: OrderTerms): ClientSubmission {
  const { text, files } = contentOf(request);
  const order = orderIn(text);
  return submissionOf(order, { files, terms, key: keyOf(request, order.idempotencyKey) });
}

export interface OrderContent {
  /** Beside those in the order. */
  readonly files: readonly TaskFile[];
  readonly terms: OrderTerms;
  readonly key: string | undefined;
}

/** Fails with `invalid`, `too_large` and `forbidden`. */
export function submissionOf(
  order: TaskOrder,
  { files, terms, key }: OrderContent,
): ClientSubmission {
  const { type, model, parameters, inputs = [], steps, user, idempotencyKey, ...rest } = order;
  const userId = userOf(user, terms.user);
  return {
    ...rest,
    ...kindOf(order, terms.model),
    inputs: [...inputs.map(fileIn), ...files],
    ...(userId === undefined ? {} : { userId }),
    idempotencyKey: key,
  };
}

interface Content {
  readonly text: string;
  readonly files: readonly TaskFile[];
}

function contentOf({ headers, body }: HttpRequest): Content {
  const type = headers.get("content-type") ?? "";
  if (/^application\/json\s*(;|$)/i.test(type)) {
    return { text: Buffer.from(body).toString("utf8"), files: [] };
  }
  const form: Form | undefined = readForm(type, body);
  const text = form?.texts.get("task");
  if (form && text !== undefined) {
    const files = [...form.files].map(([name, file]) => inputOf(name, file));
    return { text, files };
  }
  throw new Failure(
    "invalid",
    "a task is application/json, or a form (multipart/form-data) with the task as JSON in its field " +
      '"task" and its files in fields by their names',
  );
}

function orderIn(text: string): TaskOrder {
  const value = parsedJson(text, "the task");
  if (orders.Check(value)) return value;
  throw new Failure(
    "invalid",
    `the task cannot be taken: ${valueMisfit(orders.Errors(value), value)}`,
  );
}

/** Fails with `invalid`; `what` it is of, for the one who reads that. */
export function parsedJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("invalid", `${what} is no JSON: ${why.slice(0, 200)}`);
  }
}

type Kind = Pick<ClientSubmission, "type" | "model" | "parameters">;

function kindOf(order: TaskOrder, modelDefault: string): Kind {
  const { steps, parameters = {}, type = steps && stepsType, model } = order;
  if (type === undefined) {
    throw new Failure("invalid", 'the task cannot be taken: write its "type", or its "steps"');
  }
  if (steps === undefined) {
    const chosen = model ?? defaultModel(type, modelDefault);
    if (chosen !== undefined) return { type, model: chosen, parameters };
    throw new Failure("invalid", `the task cannot be taken: write the "model" for "${type}"`);
  }
  if (type === stepsType && parameters.steps === undefined) {
    const text = JSON.stringify(steps);
    return { type, model: model ?? stepsModel, parameters: { ...parameters, steps: text } };
  }
  const seen = `its type is "${type}"`;
  throw new Failure(
    "invalid",
    `the task cannot be taken: it has steps, and ${seen}; leave one out`,
  );
}

function defaultModel(type: string, repairs: string): string | undefined {
  if (type === "inpaint") return repairs;
  return type === stepsType ? stepsModel : undefined;
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

type Input = NonNullable<TaskOrder["inputs"]>[number];

function fileIn({ name, contentType = "application/octet-stream", base64: text }: Input): TaskFile {
  if (text.length % 4 !== 0 || !base64.test(text)) {
    throw new Failure("invalid", `the input "${name}" is no base64; encode its bytes anew`);
  }
  return checkedFile({ name, contentType, bytes: Buffer.from(text, "base64") });
}

/** A file of a form under the name that the task has for it. */
export const inputOf = (name: string, { contentType, bytes }: FormFile): TaskFile =>
  checkedFile({ name, contentType: contentType.slice(0, 128), bytes });

function checkedFile(file: TaskFile): TaskFile {
  const { name, bytes } = file;
  if (name.length === 0 || name.length > 64) {
    throw new Failure(
      "invalid",
      `the name of an input has ${name.length} characters; give it 1 to 64`,
    );
  }
  if (bytes.byteLength <= limits.imageBytesMax) return file;
  const seen = `the input "${name}" has ${bytes.byteLength} bytes`;
  throw new Failure("too_large", `${seen}; at most ${limits.imageBytesMax} are taken`);
}

/** Of the header and of the order, which must agree. */
export function keyOf({ headers }: HttpRequest, said: string | undefined): string | undefined {
  const key = headers.get("idempotency-key");
  if (key !== undefined && said !== undefined && key !== said) {
    throw new Failure("invalid", "the Idempotency-Key is another than idempotencyKey; send one");
  }
  const chosen = key ?? said;
  if (chosen === undefined || (chosen.length > 0 && chosen.length <= 200)) return chosen;
  const seen = `the Idempotency-Key has ${chosen.length} characters`;
  throw new Failure("invalid", `${seen}; send 1 to 200, or none`);
}
