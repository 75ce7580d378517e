// The strip at the bottom: which nodes there are, what waits, and where the last repair was made.

const pollMs = 2000;

export class ClusterStrip {
  /** The last answer of `/api/status`; `undefined` before the first. */
  status = undefined;
  #name = document.getElementById("cluster-name");
  #nodes = document.getElementById("cluster-nodes");
  #queue = document.getElementById("cluster-queue");
  #last = document.getElementById("cluster-last");
  #lastNode = undefined;

  /** Asks again and again while the page is in sight; calls `heard` after the first answer. */
  async watch(heard) {
    let isFirst = true;
    for (;;) {
      if (!document.hidden) {
        await this.#ask();
        if (isFirst && this.status) heard(this.status);
        isFirst &&= this.status === undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** Tells where and how fast a repair was made. */
  repaired({ node, queueMs, runMs, attempt }) {
    this.#lastNode = node;
    const again = attempt > 1 ? `, attempt ${attempt}` : "";
    this.#last.textContent = `Last repair on ${node} in ${seconds(runMs)}, waited ${seconds(queueMs)}${again}`;
    if (this.status) this.#showNodes(this.status.nodes);
  }

  async #ask() {
    try {
      const response = await fetch("/api/status", { signal: AbortSignal.timeout(5000) });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      this.status = await response.json();
      this.#show(this.status);
    } catch {
      this.#name.textContent = "The cluster does not answer";
      this.#queue.textContent = "";
      this.#nodes.replaceChildren();
    }
  }

  #show({ cluster, model, nodes, queue, gateway }) {
    this.#name.textContent = gateway.isDraining ? `${cluster} (draining)` : `${cluster} · ${model}`;
    this.#showNodes(nodes);
    this.#queue.textContent = queue
      ? `${queue.pending + queue.scheduled} waiting · ${queue.running} running · ${queue.completed} done`
      : "The queue is not there yet";
  }

  #showNodes(nodes) {
    const entries = nodes.map((node) => {
      const entry = document.createElement("li");
      entry.className = `node ${node.status}`;
      entry.classList.toggle("is-last", node.name === this.#lastNode);
      entry.textContent = node.name;
      entry.title = describe(node);
      entry.setAttribute("aria-label", `${node.name}: ${describe(node)}`);
      return entry;
    });
    this.#nodes.replaceChildren(...entries);
  }
}

function describe({ status, statusReason, capabilities, load }) {
  const parts = [status === "online" ? "online" : `${status}: ${statusReason}`];
  const models = capabilities.models.filter((name) => !name.includes("@"));
  if (models.length > 0) {
    parts.push(`${capabilities.slots} at a time: ${models.join(", ")}`);
  }
  parts.push(`${capabilities.cores} cores`);
  if (load) {
    parts.push(`${Math.round(load.cpuUsage * 100)} % busy`);
    parts.push(`${Math.round(load.memoryBytes / 2 ** 20)} MB`);
    parts.push(`event loop ${load.eventLoopDelayMsP99.toFixed(1)} ms late`);
  }
  return parts.join(" · ");
}

const seconds = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
