// The part of the topology file that says what a worker of one's own serves: known by running its class only, so
// that whoever names such a model elsewhere in the file would be believed, or refused, without it.
import Type from "typebox";

/** As many as an offer to the queue has. */
const modelsMax = 256;

export const WorkerModelsDocument = Type.Array(
  Type.String({
    description: "Name by which tasks ask for the model.",
    pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
    patternErrorMessage:
      "write 1 to 63 letters, digits, dots, underscores or hyphens, beginning with a letter or digit",
  }),
  {
    description:
      "Of a task-worker: models that its class serves, so that queues and demands can name them; it may serve no others. Default: any.",
    minItems: 1,
    maxItems: modelsMax,
  },
);
