// Asks the cluster to repair a photograph, and turns every way in which that can fail into a
// sentence for people.

/** A repair that failed; `mayHelpToRetry` says whether the same again could work. */
export class RepairError extends Error {
  constructor(text, mayHelpToRetry) {
    super(text);
    this.mayHelpToRetry = mayHelpToRetry;
  }
}

/** Resolves with the repaired picture and what the cluster tells of how it was made. */
export async function askForRepair({ photograph, mask, signal }) {
  const form = new FormData();
  form.set("image", photograph.blob, photograph.name);
  form.set("mask", mask, "mask.png");
  const response = await send(form, signal);
  if (!response.ok) throw await explain(response);
  const header = (name) => response.headers.get(name);
  return {
    blob: await response.blob(),
    task: {
      id: header("X-Troupe-Task"),
      node: header("X-Troupe-Node"),
      queueMs: Number(header("X-Troupe-Queue-Ms")),
      runMs: Number(header("X-Troupe-Run-Ms")),
      attempt: Number(header("X-Troupe-Attempt")),
    },
  };
}

async function send(body, signal) {
  try {
    return await fetch("/inpaint", { method: "POST", body, signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new RepairError("The cluster does not answer. Is it running?", true);
  }
}

async function explain(response) {
  const code = response.headers.get("X-Troupe-Code") ?? "";
  const text = await response.text();
  const sentence = texts[code] ?? (isPage(text) ? "The cluster could not do it." : text);
  const mayHelp = response.status === 429 || response.status >= 500;
  return new RepairError(
    sentence || `The cluster answered ${response.status}.`,
    mayHelp && !hopeless.has(code),
  );
}

const isPage = (text) => text.trimStart().toLowerCase().startsWith("<!doctype");

// What the answer's own text says too technically, or, as a page of a standard error, not at all.
const texts = {
  bad_image: "The cluster cannot read this picture. Save it anew as JPEG or PNG and open that.",
  queue_full: "The cluster has too much to do just now. Try again in a moment.",
  timeout: "It took too long. The cluster may be busy; try again, or paint over less at a time.",
};
const hopeless = new Set(["bad_image", "size_mismatch", "too_large"]);
