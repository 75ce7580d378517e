// From a request to the submissions that a batch asks for, one for each item by its position. An item that
// cannot be taken is a Failure in its place, and does not keep the others from being taken.
//
// A form with a field `batch` says in it, as JSON, which files each item has. One without it is many
// repairs as `POST /inpaint` takes them: its parts `image`, with the parts `mask` in the same order or one
// mask for all, and the fields of the original for all of them.
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type BatchItem, BatchOrder } from "#protocols/outside/batch-order.ts";
import { readInpaintFields } from "#protocols/outside/lama-cleaner.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import type { HttpRequest } from "./http-message.ts";
import { type Form, type FormFile, readForm } from "./multipart.ts";
import type { ClientSubmission } from "./queue-client.ts";
import { inputOf, keyOf, type OrderTerms, parsedJson, submissionOf } from "./task-order-reading.ts";

export interface BatchRead {
  /** By position. */
  readonly items: readonly (ClientSubmission | Failure)[];
  readonly parentId: string | undefined;
}

/** Fails with `invalid` and `forbidden` when there is no saying what the items are. */
export function batchIn(request: HttpRequest, terms: OrderTerms): BatchRead {
  const form = readForm(request.headers.get("content-type"), request.body);
  if (form === undefined) throw noForm;
  const text = form.texts.get("batch");
  const order = text === undefined ? undefined : orderIn(text);
  const key = keyOf(request, order?.idempotencyKey);
  const items = order === undefined ? repairsIn(form) : itemsOf(order, form);
  const { idempotencyKey: _, items: __, parameters, ...common } = order ?? nothingInCommon;
  const read = ({ files, ...item }: NamedItem, position: number): ClientSubmission =>
    submissionOf(
      {
        type: "inpaint",
        ...common,
        ...item,
        parameters: { ...parameters, ...item.parameters },
      },
      { files: files(), terms, key: key === undefined ? undefined : `batch:${key}:${position}` },
    );
  return {
    items: items.map((item, position) => orFailure(() => read(item, position))),
    parentId: order?.parentId,
  };
}

const nothingInCommon: BatchOrder = { items: [] };

type NamedItem = Omit<BatchItem, "files"> & { readonly files: () => readonly TaskFile[] };

function orFailure<T>(act: () => T): T | Failure {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof Failure) return cause;
    throw cause;
  }
}

const orders = Compile(BatchOrder);

function orderIn(text: string): BatchOrder {
  const value = parsedJson(text, "the batch");
  if (orders.Check(value)) return value;
  throw new Failure(
    "invalid",
    `the batch cannot be taken: ${valueMisfit(orders.Errors(value), value)}`,
  );
}

const itemsOf = (order: BatchOrder, form: Form): readonly NamedItem[] =>
  order.items.map(({ files, ...item }) => ({
    ...item,
    files: () => Object.entries(files).map(([name, part]) => partOf(form, name, part)),
  }));

function partOf(form: Form, name: string, part: string): TaskFile {
  const file = form.files.get(part);
  if (file !== undefined) return filled(name, file);
  const names = [...form.files.keys()].join(", ").slice(0, 200) || "none";
  throw new Failure("invalid", `the form has no file "${part}"; its files are: ${names}`);
}

function filled(name: string, file: FormFile): TaskFile {
  if (file.bytes.byteLength > 0) return inputOf(name, file);
  throw new Failure("invalid", `the file for "${name}" is empty; send its bytes`);
}

function repairsIn(form: Form): readonly NamedItem[] {
  const images = partsOf(form, "image");
  const masks = partsOf(form, "mask");
  checkCounts(images.length, masks.length);
  const parameters = parametersIn(form);
  return images.map((image, index) => {
    const mask = masks.length === 1 ? masks[0] : masks[index];
    return {
      name: image.filename.slice(0, 255),
      parameters,
      files: () => [filled("image", image), ...(mask ? [filled("mask", mask)] : [])],
    };
  });
}

const partsOf = (form: Form, wanted: string): readonly FormFile[] =>
  form.parts.flatMap(([name, file]) => (name === wanted ? [file] : []));

function checkCounts(images: number, masks: number): void {
  if (images === 0) throw noForm;
  if (images > limits.batchItemsMax) {
    const most = `at most ${limits.batchItemsMax} are taken at a time; send the others in another one`;
    throw new Failure("invalid", `the batch has ${images} images; ${most}`);
  }
  if (masks === 1 || masks === images) return;
  const seen = `the batch has ${images} images and ${masks} masks`;
  throw new Failure("invalid", `${seen}; send one mask for all, or one for each in the same order`);
}

function parametersIn({ texts }: Form): TaskParameters {
  const read = readInpaintFields(texts);
  if (read.kind === "parameters") return read.parameters;
  const seen = read.text.slice(0, 100);
  throw new Failure("invalid", `the field ${read.field} cannot be "${seen}"; correct it`);
}

const noForm = new Failure(
  "invalid",
  "a batch is a form (multipart/form-data): files image and mask, several of each; or files by any names " +
    'and in the field "batch" as JSON which of them each item has',
);
