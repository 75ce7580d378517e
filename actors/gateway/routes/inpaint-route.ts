// `POST /inpaint`: a photograph and a mask in, the repaired photograph out. The answers for bad
// requests are those of Lama Cleaner 1.2; what it never says (queues, nodes) is in headers of our own.
import { createHash } from "node:crypto";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { readInpaintFields, seedMax } from "#protocols/outside/lama-cleaner.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import { clientIn } from "../asking-client.ts";
import { userIn } from "../asking-user.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../http-message.ts";
import { explainedPage } from "../http-message.ts";
import type { InpaintService } from "../inpaint-service.ts";
import { type FormFile, readForm } from "../multipart.ts";
import { acceptedResponse, originalResponse, wantsAnswerAtOnce } from "./task-response.ts";

export interface InpaintPorts {
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

const idempotencyKeyLengthMax = 200;

export function inpaintHandler(service: InpaintService, ports: InpaintPorts): HttpHandler {
  return async (request) => {
    const form = readForm(request.headers.get("content-type"), request.body);
    const image = form?.files.get("image");
    const mask = form?.files.get("mask");
    if (!form || !image || !mask) {
      return refused(400, 'send a form (multipart/form-data) with the files "image" and "mask"');
    }
    const read = readInpaintFields(form.texts);
    if (read.kind === "refused") {
      return refused(500, `the field ${read.field} cannot be "${read.text.slice(0, 100)}"`);
    }
    const empty = isEmpty(image) ? "image" : isEmpty(mask) ? "mask" : undefined;
    if (empty !== undefined) return refused(500, `the file ${empty} is empty; send its bytes`);
    const inputs = [fileOf("image", image), fileOf("mask", mask)];
    const idempotencyKey = keyOf(request);
    const seed = seedFor(read.parameters.sdSeed, idempotencyKey, ports);
    const { parameters } = read;
    const userId = userIn(request);
    const model = modelIn(request);
    const client = clientIn(request);
    const order = { parameters, model, inputs, idempotencyKey, userId, ...client };
    if (wantsAnswerAtOnce(request)) return acceptedResponse(await service.submit(order));
    return originalResponse(await service.inpaint(order), { "X-Seed": String(seed) });
  };
}

const refused = (status: 400 | 500, detail: string): HttpResponse =>
  explainedPage(status, { code: "invalid", detail });

/** The original has one model at a time; who wants another one for a single task says so in a header. */
export function modelIn({ headers }: HttpRequest): string | undefined {
  const model = headers.get("x-troupe-model");
  if (model === undefined || (model.length > 0 && model.length <= 64)) return model;
  throw new Failure("invalid", `X-Troupe-Model has ${model.length} characters; send 1 to 64`);
}

const isEmpty = (file: FormFile): boolean => file.bytes.byteLength === 0;

function fileOf(name: "image" | "mask", { contentType, bytes }: FormFile): TaskFile {
  if (bytes.byteLength > limits.imageBytesMax) {
    throw new Failure(
      "too_large",
      `The ${name} has ${bytes.byteLength} bytes; at most ${limits.imageBytesMax} are taken. Send a smaller or more compressed one.`,
    );
  }
  return { name, contentType: contentType.slice(0, 128), bytes };
}

function keyOf(request: HttpRequest): string | undefined {
  const key = request.headers.get("idempotency-key");
  if (key === undefined || (key.length > 0 && key.length <= idempotencyKeyLengthMax)) return key;
  throw new Failure(
    "invalid",
    `The Idempotency-Key has ${key.length} characters; send 1 to ${idempotencyKeyLengthMax}, or none.`,
  );
}

/**
 * The seed that `X-Seed` tells. `-1` means "choose one"; a repeated request with the same key is told
 * the same one. The task keeps the -1, since its content must not differ between repetitions.
 */
function seedFor(wanted: unknown, key: string | undefined, ports: InpaintPorts): number {
  if (typeof wanted === "number" && wanted !== -1) return wanted;
  if (key === undefined) return 1 + Math.floor(ports.random() * seedMax);
  return 1 + (createHash("sha256").update(key).digest().readUInt32BE(0) % seedMax);
}
