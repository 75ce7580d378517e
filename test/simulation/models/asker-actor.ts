// Who asks the models of a simulated node, and sees to their folders: requests with deadlines, some of which
// are withdrawn; orders to this node and others; new versions, aliases, and versions that go away.
import { Models } from "#actors/inference/repository/models.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import {
  type Ack,
  ack,
  ask,
  type Deferred,
  type Handlers,
  protocol,
  tell,
} from "#protocols/protocol.ts";
import { ModelRepository, modelRepositoryName } from "#protocols/tasks/model-repository.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type RequestMark, recordFact, recordSight } from "./model-facts.ts";
import type { VersionKind } from "./model-folders.ts";
import { type ModelSite, siteKey } from "./model-site.ts";

export interface ModelRequest {
  readonly request: number;
  readonly model: string;
  readonly mark: RequestMark;
  readonly runMs: number;
  readonly shape: number;
  readonly priority: number;
  /** Null: it has time. */
  readonly deadlineMs: number | null;
  /** Null: it is not withdrawn. */
  readonly cancelAfterMs: number | null;
}

export interface ModelOrder {
  readonly act: "load" | "unload" | "reload";
  readonly model: string;
  readonly node: string;
}

export interface FolderChange {
  readonly act: "publish" | "remove" | "alias" | "unreadable";
  readonly model: string;
  readonly kind: VersionKind;
}

export interface Asker {
  request(request: ModelRequest): void;
  order(order: ModelOrder): void;
  change(change: FolderChange): void;
  /** Requests and orders that are not answered. */
  open(): number;
  /** Answers so much later. */
  wait(ms: number): Ack;
}
export const Asker = protocol<Asker>("simulation.Asker@1", {
  request: tell,
  order: tell,
  change: tell,
  open: ask(),
  wait: ask(),
});

interface Own {
  done(): void;
}

/** Of who has time: beyond all that a request may have to wait for. */
const patienceMs = 90_000;
const orderWithinMs = 60_000;
export class AskerActor extends Actor<Asker, number, Own> implements Handlers<Asker & Own> {
  static readonly protocol = Asker;
  static initial = (): number => 0;

  override start(): void {
    this.#serves().catch(() => recordSight(this.#site.host, "serves nothing yet"));
  }

  request(request: ModelRequest): void {
    this.state += 1;
    this.ctx.pipe(this.#ask(request), "done");
  }

  order(order: ModelOrder): void {
    this.state += 1;
    this.ctx.pipe(this.#order(order), "done");
  }

  done(): void {
    this.state -= 1;
  }

  open(): number {
    return this.state;
  }

  wait(ms: number): Deferred<Ack> {
    return this.ctx.defer(this.ctx.sleep(ms).then(() => ack));
  }

  change({ act, model, kind }: FolderChange): void {
    switch (act) {
      case "publish":
        this.#site.publish(model, kind);
        return;
      case "remove":
        this.#site.removeNewest(model);
        return;
      case "alias":
        this.#nameNewest(model).catch(() => recordSight(this.#site.host, "alias left alone"));
        return;
      case "unreadable":
        this.#site.folders.failOnce();
        return;
      default:
        act satisfies never;
    }
  }

  get #site(): ModelSite {
    return this.ctx.use(siteKey);
  }

  get #models(): Ref<Models> {
    const { name: node } = this.ctx.node;
    return this.#site.host.system.refTo(Models, { node, path: "/inference/models" });
  }

  /** Its requests are from then on answered, whatever happens to other models. */
  async #serves(): Promise<void> {
    for (;;) {
      const names = await this.#models.$.with({ within: patienceMs })
        .settled()
        .catch(() => null);
      if (names !== null) {
        recordFact(this.#site.host, "serves", { names });
        return;
      }
      await this.ctx.sleep(100);
    }
  }

  async #ask({
    request,
    model,
    mark,
    deadlineMs,
    cancelAfterMs,
    ...terms
  }: ModelRequest): Promise<void> {
    const { host } = this.#site;
    recordFact(host, "asked", { request, model, mark, deadlineMs });
    const abort = new AbortController();
    const withdrawal = new AbortController();
    if (cancelAfterMs !== null) {
      this.ctx.sleep(cancelAfterMs, withdrawal.signal).then(
        () => {
          recordFact(host, "withdrawn", { request });
          abort.abort();
        },
        () => undefined,
      );
    }
    const { shape, runMs, priority } = terms;
    const bytes = Buffer.from(`request ${request}`);
    const limit = deadlineMs === null ? {} : { withinMs: deadlineMs };
    const within = { within: deadlineMs ?? patienceMs, signal: abort.signal };
    const parameters = { request, mark, runMs, shape };
    const files = [{ name: "image", bytes }];
    const told = { request, version: 0, echo: "", detail: "" };
    await this.#models.$.with(within)
      .run({ model, files, parameters, priority, ...limit })
      .then(
        ({ files: [file], figures }) => {
          const echo = Buffer.from(file?.bytes ?? []).toString();
          const version = Number(figures.version);
          recordFact(host, "replied", { ...told, code: "done", version, echo });
          recordSight(host, "answer done");
        },
        (cause: unknown) => {
          const { code, detail } = Failure.of(cause);
          recordFact(host, "replied", { ...told, code, detail });
          recordSight(host, `answer ${code}`);
        },
      );
    withdrawal.abort();
  }

  async #order({ act, model, node }: ModelOrder): Promise<void> {
    const { host } = this.#site;
    const outcome = await this.#ordered({ act, model, node }).then(
      () => "done",
      (cause: unknown) => Failure.of(cause).code,
    );
    recordSight(host, `${act} ${outcome}`);
  }

  async #ordered({ act, model, node }: ModelOrder): Promise<void> {
    const name = modelRepositoryName(node);
    const repository = await this.ctx.lookup(ModelRepository, name, { within: 2_000 });
    await repository.$.with({ within: orderWithinMs })[act](model);
  }

  /** As people do: when the version is seen to be ready. */
  async #nameNewest(model: string): Promise<void> {
    const entries = await this.#models.$.with({ within: 2_000 }).index();
    const ready = entries.filter(({ name, state }) => name === model && state === "READY");
    const newest = ready.at(-1)?.version ?? null;
    if (newest !== null) this.#site.name(model, newest);
  }
}
