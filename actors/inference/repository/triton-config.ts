// Pure. Translates the `config.pbtxt` of a Triton model repository into what `config.json` would say.
//
//   max_batch_size, dynamic_batching   batching           instance_group   instances, device
//   input, output                      inputs, outputs    version_policy   versionPolicy
//   model_warmup                       warmUp             parameters       keys that begin with troupe.
import { Failure } from "#protocols/failure.ts";
import { batchItemsMax } from "./model-config.ts";
import { readTextProto } from "./text-proto.ts";
import { tritonForms as forms, type MessageForm, TritonMessage } from "./triton-fields.ts";

type Keys = Readonly<Record<string, unknown>>;

export interface TritonConfig {
  /** As `config.json` would have it; still to be checked. */
  readonly value: Keys;
  /** What of the file is left out. */
  readonly notes: readonly string[];
}

/** Fails with `invalid`, naming the line, for what is no such file or cannot be served. */
export function tritonConfigIn(text: string, file: string): TritonConfig {
  const notes: string[] = [];
  const model = new TritonMessage(readTextProto(text, file), forms.model, { file, notes });
  refuseOtherPlatform(model);
  const maxBatch = model.whole("max_batch_size") ?? 0;
  const own = ownKeys(model);
  const ports = (side: "input" | "output") =>
    joined(portsOf(model, side, maxBatch > 0), own[`${side}s`]);
  const value = {
    ...{ ...policyOf(model), ...batchingOf(model, maxBatch), ...instancesOf(model) },
    ...{ ...warmUpOf(model), ...own },
    ...{ inputs: ports("input"), outputs: ports("output") },
  };
  return { value, notes: [...new Set(notes)] };
}

function refuseOtherPlatform(model: TritonMessage): void {
  const [platform, backend] = [model.text("platform"), model.text("backend")];
  if (platform && platform !== "onnxruntime_onnx") {
    throw model.refusal("platform", `is ${platform}; only onnxruntime_onnx is served here`);
  }
  if (backend && backend !== "onnxruntime") {
    throw model.refusal("backend", `is ${backend}; only onnxruntime is served here`);
  }
  const file = model.text("default_model_filename");
  if (file && file !== "model.onnx") {
    throw model.refusal("default_model_filename", `is ${file}; name the file model.onnx`);
  }
  if (model.message("model_transaction_policy", forms.transactionPolicy)?.flag("decoupled")) {
    throw model.refusal("model_transaction_policy", "is decoupled; a request here has one answer");
  }
}

function policyOf(model: TritonMessage): Keys {
  const policy = model.message("version_policy", forms.versionPolicy);
  if (!policy) return {};
  const latest = policy.message("latest", forms.latest);
  const specific = policy.message("specific", forms.specific);
  const all = policy.message("all", forms.all);
  const given = [latest, specific, all].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw model.refusal("version_policy", "has to be one of latest, specific and all");
  }
  if (all) return { versionPolicy: { kind: "all" } };
  if (specific)
    return { versionPolicy: { kind: "specific", versions: specific.wholes("versions") } };
  return { versionPolicy: { kind: "latest", count: latest?.whole("num_versions") ?? 1 } };
}

function batchingOf(model: TritonMessage, maxBatch: number): Keys {
  const dynamic = model.message("dynamic_batching", forms.dynamicBatching);
  if (!dynamic) return {};
  if (maxBatch < 1) {
    throw model.refusal("dynamic_batching", "wants a max_batch_size of at least 1");
  }
  const itemsMax = Math.min(maxBatch, batchItemsMax);
  if (itemsMax < maxBatch) {
    model.note(`max_batch_size is ${maxBatch}: at most ${batchItemsMax} are joined here`);
  }
  const sizes = [...new Set(dynamic.wholes("preferred_batch_size"))].sort((a, b) => a - b);
  const preferred = sizes.filter((size) => size <= batchItemsMax || size > maxBatch);
  const delayMs = (dynamic.whole("max_queue_delay_microseconds") ?? 0) / 1_000;
  const batching = { itemsMax, preferred, delayMs };
  return { batching, preserveOrdering: dynamic.flag("preserve_ordering") };
}

const devices: Readonly<Record<string, string>> = {
  ...{ KIND_AUTO: "auto", KIND_GPU: "gpu", KIND_CPU: "cpu" },
};

/** Without a group Triton takes a graphics processor where there is one. */
function instancesOf(model: TritonMessage): Keys {
  const groups = model.messages("instance_group", forms.instanceGroup);
  if (groups.length === 0) return { device: "auto" };
  const kinds = new Set(groups.map((group) => group.word("kind") ?? "KIND_AUTO"));
  const [kind = "KIND_AUTO", ...others] = kinds;
  if (others.length > 0) {
    throw model.refusal("instance_group", "has several kinds; all instances here have one");
  }
  const device = Object.hasOwn(devices, kind) ? devices[kind] : undefined;
  if (device === undefined) {
    const known = Object.keys(devices).join(", ");
    throw model.refusal("instance_group", `has the kind ${kind}; served are ${known}`);
  }
  if (groups.some((group) => group.wholes("gpus").some((gpu) => gpu !== 0))) {
    throw model.refusal("instance_group", "names other gpus than 0; the first one is used here");
  }
  if (groups.some((group) => group.flag("passive"))) {
    throw model.refusal("instance_group", "is passive; every instance here gets requests");
  }
  const instances = groups.reduce((sum, group) => sum + (group.whole("count") ?? 1), 0);
  return { instances, device };
}

const elements: Readonly<Record<string, string>> = {
  ...{ TYPE_BOOL: "bool", TYPE_STRING: "string" },
  ...{ TYPE_UINT8: "uint8", TYPE_UINT16: "uint16", TYPE_UINT32: "uint32", TYPE_UINT64: "uint64" },
  ...{ TYPE_INT8: "int8", TYPE_INT16: "int16", TYPE_INT32: "int32", TYPE_INT64: "int64" },
  ...{ TYPE_FP16: "float16", TYPE_FP32: "float32", TYPE_FP64: "float64" },
};

/** By name. A model that batches has its batch before the sides that the file tells. */
function portsOf(model: TritonMessage, side: "input" | "output", isBatched: boolean): Keys {
  const form: MessageForm = forms[side];
  const ports = model.messages(side, form).map((port): readonly [string, Keys] => {
    const name = port.text("name");
    if (!name) throw port.refusal("name", `of an ${side} is missing`);
    const type = port.word("data_type") ?? "";
    const element = Object.hasOwn(elements, type) ? elements[type] : undefined;
    if (element === undefined) {
      throw port.refusal("data_type", `of ${name} is ${type || "missing"}; none such is fed here`);
    }
    refuseOtherForm(port, name);
    const reshape = port.message("reshape", forms.reshape);
    const dims = port.wholes("dims");
    if (dims.length === 0 && !reshape) throw port.refusal("dims", `of ${name} are missing`);
    const sides = reshape ? reshape.wholes("shape") : dims;
    return [name, { element, shape: isBatched ? [-1, ...sides] : sides }];
  });
  return Object.fromEntries(ports);
}

function refuseOtherForm(port: TritonMessage, name: string): void {
  const format = port.word("format") ?? "FORMAT_NONE";
  if (format !== "FORMAT_NONE" && format !== "FORMAT_NCHW") {
    throw port.refusal(
      "format",
      `of ${name} is ${format}; pictures are fed as planes, FORMAT_NCHW`,
    );
  }
  for (const flag of ["is_shape_tensor", "is_non_linear_format_io"]) {
    if (port.flag(flag)) throw port.refusal(flag, `of ${name} is true; no such tensor is fed here`);
  }
}

function warmUpOf(model: TritonMessage): Keys {
  const samples = model.messages("model_warmup", forms.warmUp);
  if (samples.length === 0) return {};
  const tensors = samples
    .flatMap((sample) => sample.messages("inputs", forms.warmUpInput))
    .flatMap((input) => input.messages("value", forms.warmUpTensor));
  const runs = Math.max(1, ...samples.map((sample) => sample.whole("count") ?? 1));
  if (tensors.some((tensor) => tensor.flag("random_data"))) {
    return { warmUp: { runs, data: "random" } };
  }
  const isZero = tensors.some((tensor) => tensor.flag("zero_data"));
  return { warmUp: isZero ? { runs, data: "zero" } : { runs } };
}

const prefix = "troupe.";

/** `parameters { key: "troupe.kind" value { string_value: "upscale" } }`: a text, or JSON. */
function ownKeys(model: TritonMessage): Keys {
  const entries = model.messages("parameters", forms.parameter).flatMap((parameter) => {
    const key = parameter.text("key") ?? "";
    const value = parameter.message("value", forms.parameterValue)?.text("string_value") ?? "";
    if (key.startsWith(prefix)) return [[key.slice(prefix.length), jsonOrText(value)] as const];
    model.note(`the parameter ${key} is left out: those that are read begin with ${prefix}`);
    return [];
  });
  return Object.fromEntries(entries);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the parameters say of a port stands beside what the file declares of it. */
function joined(declared: Keys, own: unknown): Keys {
  if (own === undefined) return declared;
  if (!isKeys(own))
    throw new Failure("invalid", "parameters troupe.inputs and troupe.outputs are JSON");
  const names = new Set([...Object.keys(declared), ...Object.keys(own)]);
  return Object.fromEntries([...names].map((name) => [name, bothOf(declared[name], own[name])]));
}

const bothOf = (declared: unknown, own: unknown): unknown =>
  isKeys(declared) && isKeys(own) ? { ...declared, ...own } : (own ?? declared);

const isKeys = (value: unknown): value is Keys =>
  typeof value === "object" && value !== null && !Array.isArray(value);
