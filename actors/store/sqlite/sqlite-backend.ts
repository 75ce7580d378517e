// The SQLite back end: one thread writes the file and answers what needs few rows of it; another, when
// it is asked, reads all of it. No disk ever holds up the event loop, and no check the writer.
import { stat } from "node:fs/promises";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import { type CommitFigures, CommitThread } from "#runtime/stores/sqlite/commit-thread.ts";
import type { BackendFigures, StoreBackend, StoreCommand, StoreValue } from "../backend.ts";
import { isWrite } from "../perform.ts";
import type { StorePolicy } from "../store-policy.ts";
import { checkRequest } from "../store-requests.ts";
import { buffersOfCommand, filesBytes, withOwnFiles } from "./command-files.ts";
import type { InspectionCall } from "./inspection-thread.ts";

export interface SqliteBackendOptions {
  readonly path: string;
  readonly policy?: StorePolicy;
}

export class SqliteBackend implements StoreBackend {
  readonly info: StoreInfo;
  readonly lost: Promise<never>;
  readonly #options: SqliteBackendOptions;
  readonly #writer: CommitThread<StoreCommand>;
  #inspector: CommitThread<InspectionCall> | undefined;
  #isClosed = false;

  private constructor(
    options: SqliteBackendOptions,
    opened: { readonly writer: CommitThread<StoreCommand>; readonly info: StoreInfo },
  ) {
    this.#options = options;
    this.#writer = opened.writer;
    this.info = opened.info;
    this.lost = opened.writer.lost;
  }

  /**
   * Starts the thread and opens the file, which it makes or brings to the newest schema. Fails with
   * `store_failed` when another store has it open and when it cannot be used, with `corrupt` when it
   * is damaged or no database.
   */
  static async open(options: SqliteBackendOptions): Promise<SqliteBackend> {
    const { path, policy } = options;
    const writer = new CommitThread<StoreCommand>({
      entry: new URL("./writer-thread.mjs", import.meta.url),
      path,
      settings: policy ? { policy } : {},
      callsMax: limits.mailboxMessagesMax,
      callBytesMax: limits.linkBytesMax,
      bytesOf: filesBytes,
      buffersOf: buffersOfCommand,
      mayHaveWritten: isWrite,
    });
    await writer.opened;
    const info = await writer.call<StoreInfo>({ method: "info", args: [] });
    return new SqliteBackend(options, { writer, info });
  }

  get figures(): CommitFigures {
    return this.#writer.figures;
  }

  /** Files in the command stay the caller's. Fails also with `invalid`, for arguments that do not fit. */
  async call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    checkRequest(command);
    if (command.method === "check") return this.#inspect().call({ kind: "check" });
    return this.#writer.call(withOwnFiles(command));
  }

  async measured(): Promise<BackendFigures> {
    const { commitsTotal, waiting: calls, waitingBytes: bytes } = this.#writer.figures;
    const { path } = this.#options;
    const [fileBytes, logBytes] = await Promise.all([sizeOf(path), sizeOf(`${path}-wal`)]);
    const bounds = { callsMax: limits.mailboxMessagesMax, bytesMax: limits.linkBytesMax };
    return {
      waiting: { calls, bytes, ...bounds },
      figures: [
        {
          ...{ name: "commits_total", type: "counter", value: commitsTotal },
          help: "Commits that were done; each has one or more calls.",
        },
        { name: "file_bytes", type: "gauge", help: "Bytes of the file.", value: fileBytes },
        {
          ...{ name: "log_bytes", type: "gauge", value: logBytes },
          help: "Bytes of the log beside the file, which is moved into it now and then.",
        },
      ],
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#writer.close(), this.#inspector?.close()]);
  }

  #inspect(): CommitThread<InspectionCall> {
    const { path, policy } = this.#options;
    if (this.#isClosed) {
      throw new Failure("unavailable", `the store ${path} is closed; ask the one that follows it`);
    }
    this.#inspector ??= new CommitThread<InspectionCall>({
      entry: new URL("./inspection-thread.mjs", import.meta.url),
      path,
      settings: policy ? { policy } : {},
      callsMax: inspectionsMax,
      callBytesMax: limits.linkBytesMax,
      bytesOf: () => 0,
      buffersOf: () => [],
    });
    return this.#inspector;
  }
}

/** 0 when there is none. */
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** Checks that may wait for one another. Full: `mailbox_full`. */
const inspectionsMax = 4;
