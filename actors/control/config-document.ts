// The documents of UPDATE_CONFIG: what each layer can be told. Pure.
//
//   gateway  { "model" }          the gateway sends repairs to that model
//   queue    rules of a queue     it takes tasks, holds them and hands them out by them; `scope` names the queue
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { formatPath, type Problem } from "#protocols/outside/problem.ts";
import { queueRuleProblems } from "#protocols/outside/queue-rule-problems.ts";
import { schemaProblems } from "#protocols/outside/schema-problems.ts";
import { GatewayConfig, gatewayConfigPlace } from "#protocols/tasks/gateway.ts";
import { QueueConfig, queueConfigLayer, queueKeysOfFile } from "#protocols/tasks/queue-config.ts";
import { queueDefault } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";

/** As the store takes it. */
const queueNameLengthMax = 64;
const problemsToldMax = 5;
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
    if (!gatewayCheck.Check(document)) throw misfit(layer, document);
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
  if (!queueCheck.Check(document)) throw refused(schemaProblems(QueueConfig, document).map(ofFile));
  const problems = queueRuleProblems(document, { path: [], models: new Set(models) });
  if (problems.length > 0) throw refused(problems);
  const queue = typeof scope === "string" ? scope : queueDefault;
  if (queue.length > queueNameLengthMax) {
    const text = `the name of the queue has ${queue.length} characters, at most ${queueNameLengthMax}`;
    throw new Failure("invalid", text);
  }
  return { layer: queueConfigLayer, scope: queue, document };
}

/** Where the layer's document is kept; the gateway has one. */
export const configPlaceOf = ({ layer, scope }: TaskParameters) =>
  layer === gatewayConfigPlace.layer
    ? gatewayConfigPlace
    : { layer: queueConfigLayer, scope: typeof scope === "string" ? scope : queueDefault };

/** What of it is wrong, and what may be given: all of it at once, as far as there is room. */
function refused(problems: readonly Problem[]): Failure {
  const told = problems.slice(0, problemsToldMax).map(({ message, path, remedy }) => {
    const place = path.length === 0 ? "the document" : formatPath(path);
    return `${place}: ${message} (${remedy})`;
  });
  const more = problems.length - told.length;
  const rest = more > 0 ? [`and ${more} more`] : [];
  return new Failure("invalid", `the configuration of a queue: ${[...told, ...rest].join("; ")}`);
}

/** A key that stands in the file and cannot be given here says why. */
function ofFile(problem: Problem): Problem {
  const [key, ...below] = problem.path;
  const isOfFile = typeof key === "string" && Object.hasOwn(queueKeysOfFile, key);
  const why = isOfFile ? queueKeysOfFile[key] : undefined;
  if (problem.at !== "key" || why === undefined || below.length > 0) return problem;
  return { ...problem, message: "cannot be changed in a running cluster", remedy: why };
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(typeof text === "string" ? text : "");
  } catch {
    throw new Failure("invalid", "the document is no JSON; write an object as text");
  }
}

function misfit(layer: string, document: unknown): Failure {
  const misfitting = valueMisfit(gatewayCheck.Errors(document), document, GatewayConfig);
  return new Failure("invalid", `the document of ${layer}: ${misfitting}`);
}
