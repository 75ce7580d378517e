// Pure. The fields of Triton's ModelConfig: what each holds, and what becomes of those that are not served
// here. One whose absence would change an answer is refused; one that only changes how fast, or what is told,
// is named in a note. The fields are those of `model_config.proto` of the Triton common repository.
import { Failure } from "#protocols/failure.ts";
import { nearestWord } from "#protocols/outside/spelling.ts";
import type { TextField, TextValue } from "./text-proto.ts";

type Holds = "text" | "whole" | "flag" | "word" | "message";

export type FieldForm =
  | { readonly kind: "read"; readonly holds: Holds; readonly count: "one" | "many" }
  /** Says why nothing is wrong without it; empty where nobody wants to know. */
  | { readonly kind: "left"; readonly why: string }
  | { readonly kind: "refused"; readonly why: string };

export type MessageForm = Readonly<Record<string, FieldForm>>;

const one = (holds: Holds): FieldForm => ({ kind: "read", holds, count: "one" });
const many = (holds: Holds): FieldForm => ({ kind: "read", holds, count: "many" });
const left = (why: string): FieldForm => ({ kind: "left", why });
const refused = (why: string): FieldForm => ({ kind: "refused", why });

const port: MessageForm = {
  ...{ name: one("text"), data_type: one("word"), format: one("word") },
  ...{ dims: many("whole"), reshape: one("message") },
  ...{ is_shape_tensor: one("flag"), is_non_linear_format_io: one("flag") },
};

export const tritonForms = {
  model: {
    ...{ name: left(""), platform: one("text"), backend: one("text") },
    ...{ version_policy: one("message"), max_batch_size: one("whole") },
    ...{ input: many("message"), output: many("message"), instance_group: many("message") },
    ...{ dynamic_batching: one("message"), default_model_filename: one("text") },
    ...{ parameters: many("message"), model_warmup: many("message") },
    model_transaction_policy: one("message"),
    runtime: left("the backend is this program's own"),
    optimization: left("graphs are optimised as ONNX Runtime does by itself"),
    metric_tags: left("metrics bear the model's name and version"),
    model_metrics: left("metrics are those of docs/observability.md"),
    response_cache: left("every request is run"),
    batch_input: refused("nothing here makes such an input"),
    batch_output: refused("outputs are split by their first side"),
    sequence_batching: refused("requests here do not depend on one another"),
    ensemble_scheduling: refused("a model here is one network: chain tasks instead"),
    cc_model_filenames: refused("a version has one file, model.onnx"),
    model_operations: refused("no library of operators is loaded"),
    model_repository_agents: refused("nothing changes a model before it is loaded"),
  },
  versionPolicy: { latest: one("message"), all: one("message"), specific: one("message") },
  latest: { num_versions: one("whole") },
  all: {},
  specific: { versions: many("whole") },
  input: {
    ...port,
    allow_ragged_batch: left("only requests of one shape are joined"),
    optional: left("every input is fed"),
  },
  output: { ...port, label_filename: left("outputs are not classified") },
  reshape: { shape: many("whole") },
  instanceGroup: {
    ...{ name: left(""), profile: left(""), host_policy: left("") },
    ...{ count: one("whole"), kind: one("word"), gpus: many("whole"), passive: one("flag") },
    rate_limiter: left("slots bound how many requests a node has"),
    secondary_devices: refused("an instance has one device"),
  },
  dynamicBatching: {
    ...{ preferred_batch_size: many("whole"), max_queue_delay_microseconds: one("whole") },
    preserve_ordering: one("flag"),
    priority_levels: left("priorities are those of tasks"),
    default_priority_level: left("priorities are those of tasks"),
    default_queue_policy: left("limits are those of the queue"),
    priority_queue_policy: left("limits are those of the queue"),
  },
  parameter: { key: one("text"), value: one("message") },
  parameterValue: { string_value: one("text") },
  warmUp: {
    ...{ name: left(""), batch_size: left(""), count: one("whole"), inputs: many("message") },
  },
  warmUpInput: { key: one("text"), value: one("message") },
  warmUpTensor: {
    ...{ data_type: left(""), dims: left(""), zero_data: one("flag"), random_data: one("flag") },
    input_data_file: left("requests, not tensors, warm a model: see troupe.warmUp"),
  },
  transactionPolicy: { decoupled: one("flag") },
} as const satisfies Readonly<Record<string, MessageForm>>;

/** The fields of one message that are known to hold what they should. */
export class TritonMessage {
  readonly #fields: readonly TextField[];
  readonly #file: string;
  readonly #notes: string[];

  /**
   * What is left out is noted in `notes`. Fails with `invalid` for an unknown or refused field, one that
   * holds something else, and one that stands twice.
   */
  constructor(
    fields: readonly TextField[],
    form: MessageForm,
    { file, notes }: { readonly file: string; readonly notes: string[] },
  ) {
    this.#fields = fields;
    this.#file = file;
    this.#notes = notes;
    const seen = new Set<string>();
    for (const field of fields) {
      this.#check(field, form, seen.has(field.name));
      seen.add(field.name);
    }
  }

  text(name: string): string | undefined {
    const value = this.#values(name)[0];
    return value?.kind === "text" ? value.text : undefined;
  }

  word(name: string): string | undefined {
    const value = this.#values(name)[0];
    return value?.kind === "word" ? value.word : undefined;
  }

  flag(name: string): boolean {
    const value = this.#values(name)[0];
    return value?.kind === "word"
      ? isTrue(value.word)
      : value?.kind === "number" && value.number === 1;
  }

  whole(name: string): number | undefined {
    return this.wholes(name)[0];
  }

  wholes(name: string): readonly number[] {
    return this.#values(name).flatMap((value) => (value.kind === "number" ? [value.number] : []));
  }

  message(name: string, form: MessageForm): TritonMessage | undefined {
    return this.messages(name, form)[0];
  }

  messages(name: string, form: MessageForm): readonly TritonMessage[] {
    const terms = { file: this.#file, notes: this.#notes };
    return this.#values(name).flatMap((value) =>
      value.kind === "message" ? [new TritonMessage(value.fields, form, terms)] : [],
    );
  }

  note(text: string): void {
    this.#notes.push(`${this.#file}: ${text}`);
  }

  /** Of the field where there is one. */
  refusal(name: string, why: string): Failure {
    const line = this.#fields.find((field) => field.name === name)?.line ?? this.#fields[0]?.line;
    const place = line === undefined ? this.#file : `${this.#file}:${line}`;
    return new Failure("invalid", `${place}: ${name} ${why}`);
  }

  #values(name: string): readonly TextValue[] {
    return this.#fields.flatMap((field) => (field.name === name ? [field.value] : []));
  }

  #check({ name, value }: TextField, form: MessageForm, isAgain: boolean): void {
    const known = Object.hasOwn(form, name) ? form[name] : undefined;
    if (known === undefined) {
      const near = nearestWord(name, Object.keys(form));
      const remedy = near === undefined ? "" : `; did you mean ${near}?`;
      throw this.refusal(name, `is no field of this message${remedy}`);
    }
    if (known.kind === "refused") throw this.refusal(name, `is not served: ${known.why}`);
    if (known.kind === "left") {
      if (known.why !== "") this.note(`${name} is left out: ${known.why}`);
      return;
    }
    if (isAgain && known.count === "one") throw this.refusal(name, "stands there twice");
    if (isHeld(value, known.holds)) return;
    throw this.refusal(name, `is ${shown(value)}, not ${words[known.holds]}`);
  }
}

const words = {
  ...{ text: "a text in quotes", whole: "a whole number", flag: "true or false" },
  ...{ word: "a word", message: "a message in { }" },
} as const satisfies Record<Holds, string>;

function isHeld(value: TextValue, holds: Holds): boolean {
  switch (value.kind) {
    case "text":
      return holds === "text";
    case "message":
      return holds === "message";
    case "number":
      if (holds === "flag") return value.number === 0 || value.number === 1;
      return holds === "whole" && Number.isSafeInteger(value.number);
    case "word":
      return holds === "word" || (holds === "flag" && /^([tT]rue|[fF]alse|t|f)$/.test(value.word));
    default:
      return value satisfies never;
  }
}

const isTrue = (word: string): boolean => /^([tT]rue|t)$/.test(word);

function shown(value: TextValue): string {
  if (value.kind === "message") return "a message";
  if (value.kind === "text") return JSON.stringify(value.text).slice(0, 60);
  return value.kind === "number" ? String(value.number) : value.word.slice(0, 60);
}
