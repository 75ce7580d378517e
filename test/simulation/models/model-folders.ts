// The folders of a simulated node's models: what a look at them finds, as `ModelScan` tells it, and what
// people change there.
import type { FoundModel } from "#actors/inference/repository/model-scan.ts";
import { Failure } from "#protocols/failure.ts";
import { settingsIn } from "./model-rules.ts";

/** What the files of a version are like: `unfit` ones cannot be loaded, `away` ones for a while. */
export type VersionKind = "good" | "unfit" | "away";

interface Folder {
  readonly config: object;
  readonly aliases: Readonly<Record<string, number>>;
  readonly versions: ReadonlyMap<number, { readonly files: number; readonly kind: VersionKind }>;
}

export class ModelFolders {
  readonly #folders = new Map<string, Folder>();
  #files = 0;
  #isReadable = true;

  constructor(configs: ReadonlyMap<string, object>) {
    for (const [name, config] of configs) {
      this.#folders.set(name, { config, aliases: {}, versions: new Map() });
    }
  }

  /** New files, also of a version that is there. */
  publish(name: string, version: number, kind: VersionKind): void {
    this.#files += 1;
    const versions = new Map(this.#of(name).versions);
    versions.set(version, { files: this.#files, kind });
    this.#change(name, { versions });
  }

  remove(name: string, version: number): void {
    const versions = new Map(this.#of(name).versions);
    versions.delete(version);
    this.#change(name, { versions });
  }

  removeAll(): void {
    for (const name of this.#folders.keys()) this.#change(name, { versions: new Map() });
  }

  alias(name: string, alias: string, version: number): void {
    this.#change(name, { aliases: { ...this.#of(name).aliases, [alias]: version } });
  }

  versionsOf(name: string): readonly number[] {
    return [...this.#of(name).versions.keys()].sort((a, b) => a - b);
  }

  kindOf(name: string, version: number): VersionKind {
    return this.#of(name).versions.get(version)?.kind ?? "unfit";
  }

  /** The folder cannot be read the next time that somebody looks. */
  failOnce(): void {
    this.#isReadable = false;
  }

  async look(): Promise<readonly FoundModel[]> {
    if (!this.#isReadable) {
      this.#isReadable = true;
      throw new Failure("unavailable", "the folder of the repository cannot be read");
    }
    return [...this.#folders]
      .map(([name, folder]) => foundOf(name, folder))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #of(name: string): Folder {
    const folder = this.#folders.get(name);
    if (folder) return folder;
    throw new Failure("internal", `there is no folder ${name}`);
  }

  #change(name: string, change: Partial<Folder>): void {
    this.#folders.set(name, { ...this.#of(name), ...change });
  }
}

function foundOf(name: string, { config, aliases, versions }: Folder): FoundModel {
  const whole = { ...config, aliases };
  const configText = JSON.stringify(whole);
  const found = [...versions].map(([version, { files }]) => {
    const fingerprint = `${files} ${configText}`;
    return { version, problem: null, fingerprint, manifest: `${files}` };
  });
  return {
    ...{ kind: "model", name, folder: `/models/${name}`, settings: settingsIn(whole) },
    ...{ configText, notes: [], versions: found.sort((a, b) => a.version - b.version) },
  };
}
