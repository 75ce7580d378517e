// The documents of UPDATE_CONFIG: what each layer can be told. Pure.
//
//   gateway  { "model" }          the gateway sends repairs to that model
//   queue    settings of a queue  the store admits and holds tasks by them; `scope` names the queue
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { GatewayConfig, gatewayConfigPlace } from "#protocols/tasks/gateway.ts";
import { QueueConfig, queueConfigLayer } from "#protocols/tasks/queue-config.ts";
import { queueDefault, type TaskParameters } from "#protocols/tasks/task.ts";

/** As the store takes it. */
const queueNameLengthMax = 64;
const gatewayCheck = Compile(GatewayConfig);
const queueCheck = Compile(QueueConfig);

export type Config =
  | {
      readonly layer: "gateway";
      readonly scope: string;
      readonly document: Static<typeof GatewayConfig>;
    }
  | {
      readonly layer: typeof queueConfigLayer;
      readonly scope: string;
      readonly document: QueueConfig;
    };

export interface ConfigRequest {
  readonly parameters: TaskParameters;
  /** Of the gateway's models. */
  readonly models: readonly string[];
}

/** Fails with `invalid` for a document that says nothing sensible. */
export function configIn({ parameters, models }: ConfigRequest): Config {
  const { layer, scope } = parameters;
  const document = parsed(parameters["document"]);
  if (layer === "gateway") {
    if (!gatewayCheck.Check(document)) throw misfit(layer, gatewayCheck.Errors(document)[0]);
    if (scope !== undefined && scope !== gatewayConfigPlace.scope) {
      throw new Failure(
        "invalid",
        `the gateway's scope is ${gatewayConfigPlace.scope}, got ${scope}; remove it`,
      );
    }
    if (!models.includes(document.model)) {
      const text = `there is no model ${document.model}; there are ${models.join(", ")}`;
      throw new Failure("invalid", text);
    }
    return { ...gatewayConfigPlace, document };
  }
  if (!queueCheck.Check(document)) throw misfit(queueConfigLayer, queueCheck.Errors(document)[0]);
  const queue = typeof scope === "string" ? scope : queueDefault;
  if (queue.length > queueNameLengthMax) {
    const text = `the name of the queue has ${queue.length} characters, at most ${queueNameLengthMax}`;
    throw new Failure("invalid", text);
  }
  return { layer: queueConfigLayer, scope: queue, document };
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(typeof text === "string" ? text : "");
  } catch {
    throw new Failure("invalid", "the document is no JSON; write an object as text");
  }
}

function misfit(
  layer: string,
  first: { readonly instancePath: string; readonly message: string } | undefined,
): Failure {
  const place = first?.instancePath.replaceAll("/", ".") ?? "";
  const text = `the document${place} of ${layer}: ${first?.message ?? "does not fit"}`;
  return new Failure("invalid", text);
}
