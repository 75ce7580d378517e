// Plugins as Lama Cleaner 1.2 has them: `GET /server_config` tells the page which there are, `POST
// /run_plugin` runs one as a task like any other. Answers and refusals are the original's; what it never
// says is in headers of our own.
import { Failure } from "#protocols/failure.ts";
import { serverConfigText } from "#protocols/outside/lama-cleaner.ts";
import { pluginOrder } from "#protocols/tasks/plugins.ts";
import type { TaskFile, TaskOutcome } from "#protocols/tasks/task.ts";
import { clientIn } from "../asking-client.ts";
import { userIn } from "../asking-user.ts";
import { attachmentNamed } from "../attachment.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { explainedPage, explanationOf, textResponse } from "../http-message.ts";
import { type Form, readForm } from "../multipart.ts";
import type { PluginOffer, PluginService } from "../plugin-service.ts";
import type { ClientSubmission } from "../queue-client.ts";
import type { Route } from "../router.ts";
import { inputOf, keyOf } from "../task-order-reading.ts";
import type { TaskService } from "../task-service.ts";
import { modelIn } from "./inpaint-route.ts";
import {
  acceptedResponse,
  inOriginalWords,
  originalResponse,
  outcomeHeaders,
  wantsAnswerAtOnce,
} from "./task-response.ts";

type Plugins = Pick<PluginService, "names" | "offer">;
type Tasks = Pick<TaskService, "run" | "submit">;

export const pluginRoutes = (plugins: Plugins, tasks: Tasks): readonly Route[] => [
  { method: "GET", path: "/server_config", handle: () => serverConfig(plugins) },
  {
    method: "POST",
    path: "/run_plugin",
    handle: inOriginalWords((request) => runPlugin(plugins, tasks, request)),
  },
];

async function serverConfig(plugins: Plugins): Promise<HttpResponse> {
  const headers = { "Content-Type": "application/json" };
  return { status: 200, headers, body: serverConfigText(await plugins.names()) };
}

async function runPlugin(
  plugins: Plugins,
  tasks: Tasks,
  request: HttpRequest,
): Promise<HttpResponse> {
  const form = readForm(request.headers.get("content-type"), request.body);
  const name = form?.texts.get("name");
  if (form === undefined || name === undefined) {
    return refused(400, 'send a form with the plugin as "name" and the picture as "image"');
  }
  const offer = await offerOf(plugins, name, modelIn(request));
  if (offer instanceof Failure) {
    return textResponse(500, "Plugin not found", explanationOf(offer));
  }
  const read = readWish(form, offer);
  if ("refusal" in read) return read.refusal;
  const userId = userIn(request);
  const submission: ClientSubmission = {
    ...read.order,
    idempotencyKey: keyOf(request, undefined),
    ...(userId === undefined ? {} : { userId }),
  };
  const client = clientIn(request);
  if (wantsAnswerAtOnce(request)) {
    return acceptedResponse(await tasks.submit(submission, client));
  }
  return pluginResponse(await tasks.run(submission, client), read.headers);
}

/** The failure of one that is not offered, whose text the original has. */
async function offerOf(
  plugins: Plugins,
  name: string,
  model: string | undefined,
): Promise<PluginOffer | Failure> {
  try {
    return await plugins.offer(name, model);
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "not_found") return cause;
    throw cause;
  }
}

const refused = (status: 400 | 500, detail: string): HttpResponse =>
  explainedPage(status, { code: "invalid", detail });

/** How a form names what a plugin calls so. */
const partNames = { image: "image", clean: "clean_img" } as const;

type WishRead =
  | {
      readonly order: ReturnType<typeof pluginOrder>;
      /** Of the answer. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly refusal: HttpResponse };

/** Missing files are the request's fault, as the original has it, missing fields the server's. */
function readWish({ files, texts }: Form, { plugin, model }: PluginOffer): WishRead {
  const inputs: TaskFile[] = [];
  for (const wanted of plugin.files) {
    const part = partNames[wanted];
    const file = files.get(part);
    if (file === undefined) return { refusal: refused(400, `${plugin.name} needs a file ${part}`) };
    if (file.bytes.byteLength === 0) {
      return { refusal: refused(500, `the file ${part} is empty; send its bytes`) };
    }
    inputs.push(inputOf(wanted, file));
  }
  const filename = texts.get("filename");
  const isKept = plugin.name === "MakeGIF";
  if (isKept && filename === undefined) {
    return { refusal: refused(500, `${plugin.name} needs the field filename`) };
  }
  const fields = { upscale: texts.get("upscale"), clicks: texts.get("clicks") };
  try {
    return {
      order: pluginOrder(plugin, { model, files: inputs, fields }),
      headers: isKept ? { "Content-Disposition": attachmentNamed(filename ?? "") } : {},
    };
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== "invalid") throw cause;
    return { refusal: explainedPage(500, cause) };
  }
}

const outOfMemory = "CUDA out of memory";

function pluginResponse(
  outcome: TaskOutcome,
  more: Readonly<Record<string, string>>,
): HttpResponse {
  if (outcome.status === "completed") return originalResponse(outcome, more);
  const headers = outcomeHeaders(outcome);
  switch (outcome.code) {
    case "invalid":
      return explainedPage(500, outcome, headers);
    case "model_failed": {
      const text = outcome.detail.includes(outOfMemory) ? outOfMemory : "Internal Server Error";
      return textResponse(500, text, { ...explanationOf(outcome), ...headers });
    }
    default:
      return originalResponse(outcome);
  }
}
