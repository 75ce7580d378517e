// A gateway for tests of commands that repair: takes repairs as the real one does, keeps them by key, and ends them as
// a test says.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";

export interface GivenTask {
  readonly taskId: string;
  readonly key: string;
  readonly body: string;
}

export type GivenEnd =
  | { readonly kind: "repaired"; readonly bytes: string }
  | { readonly kind: "failed"; readonly status: number; readonly code: string }
  | { readonly kind: "pending"; readonly view?: object }
  | { readonly kind: "forgotten" };

export class StandInGateway {
  readonly tasks = new Map<string, GivenTask>();
  /** Repairs that are waited for at this moment, and the most there ever were. */
  waiting = 0;
  waitingMost = 0;
  submissions = 0;
  /** Ids of tasks that were to be cancelled. */
  readonly cancelled: string[] = [];
  /** What it keeps of a submission. */
  keeps: "all" | "nothing" = "all";
  end: (task: GivenTask) => GivenEnd | Promise<GivenEnd> = () => ({
    kind: "repaired",
    bytes: "repaired",
  });
  /** Answers in the place of this one; false: it does not. */
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  /** Of the model that it offers: what tasks get that name only the model. */
  version = 1;
  url = "";

  static async start(context: TestContext): Promise<StandInGateway> {
    const gateway = new StandInGateway();
    const server = createServer((request, response) => {
      if (!gateway.before(request, response)) void gateway.#answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    gateway.url = `http://127.0.0.1:${port}`;
    context.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return gateway;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (path === "/api/status") return json(response, 200, status);
    if (path === "/api/models") return json(response, 200, listingOf(this.version));
    if (request.method === "POST") return this.#take(request, response);
    const taskId = path.split(/[/?]/)[4] ?? "";
    if (request.method === "DELETE") {
      this.cancelled.push(taskId);
      return json(response, 202, {});
    }
    const known = [...this.tasks.values()].find((one) => one.taskId === taskId);
    const task = this.keeps === "all" ? known : { taskId, key: "", body: "" };
    if (task === undefined) return refuse(response, 410, "gone");
    this.waiting += 1;
    this.waitingMost = Math.max(this.waitingMost, this.waiting);
    const end = await this.end(task);
    this.waiting -= 1;
    if (end.kind === "pending") return json(response, 202, end.view ?? {});
    if (end.kind === "forgotten") return refuse(response, 404, "not_found");
    response.setHeader("X-Troupe-Task", taskId);
    if (end.kind === "failed") return refuse(response, end.status, end.code);
    response.setHeader("Content-Type", "image/png");
    response.setHeader("X-Troupe-Node", "worker-1");
    response.end(end.bytes);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(Buffer.from(piece));
    const body = Buffer.concat(pieces).toString("latin1");
    const key = String(request.headers["idempotency-key"]);
    this.submissions += 1;
    const known = this.tasks.get(key);
    const task = known ?? { taskId: `t${this.submissions}`, key, body };
    if (this.keeps === "all") this.tasks.set(key, task);
    const { taskId } = task;
    response.setHeader("X-Troupe-Task", taskId);
    json(response, known ? 200 : 202, {
      ...{ taskId, task: `/api/v1/tasks/${taskId}`, isReplay: known !== undefined },
    });
  }
}

const status = { cluster: "c", uptimeMs: 1, model: "diffuse", models: ["diffuse"] } as const;

const listingOf = (version: number) => ({
  models: [
    {
      ...{ node: "worker-1", name: "diffuse", version, state: "READY", reason: "" },
      ...{ aliases: [`diffuse@${version}`], isDefault: true },
    },
  ],
  silent: [],
});

function json(response: ServerResponse, code: number, value: object): void {
  const all = { ...value, ...("cluster" in value ? { nodes: [], queue: null } : {}) };
  response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(all));
}

const refuse = (response: ServerResponse, status: number, code: string): void =>
  void response.writeHead(status, { "X-Troupe-Code": code }).end(`this is ${code}`);
