// Looks what is in the folders of a node's models. Hashes of files are computed again only when size,
// time or place of one has changed, so that looking often costs little.
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import type { ModelSettings } from "./model-settings.ts";
import {
  refuseOtherConfig,
  signatureOf,
  type VersionFiles,
  verifiedFiles,
  versionsIn,
} from "./version-files.ts";
import { chosenVersions, policyText } from "./version-policy.ts";

export interface FoundVersion {
  readonly version: number;
  /** Null: it can be loaded. */
  readonly problem: string | null;
  /** Of its files and the model's configuration; changes when one of them does. */
  readonly fingerprint: string;
  /** Of its files alone, as they were compared with its manifest; null: it has none. */
  readonly manifest: string | null;
}

export type FoundModel =
  | {
      readonly kind: "model";
      readonly name: string;
      readonly folder: string;
      readonly settings: ModelSettings;
      /** As JSON. */
      readonly configText: string;
      /** What of its configuration is left out, and what it says in vain. */
      readonly notes: readonly string[];
      /** Ascending. */
      readonly versions: readonly FoundVersion[];
    }
  /** Its folder or configuration cannot be read. */
  | { readonly kind: "broken"; readonly name: string; readonly problem: string };

export interface ScanPlaces {
  readonly models: readonly { readonly name: string; readonly folder: string }[];
  /** Of a repository: each folder in it is a model of that name, too. Null: there is none. */
  readonly root: string | null;
  /** Of the repository only these are this node's. Default: all. */
  readonly only?: readonly string[];
  /** `needed`: a version without a manifest is none yet. */
  readonly manifests: "needed" | "welcome";
}

/** Models of one node. More in the repository: those last by name are left out. */
export const modelsFoundMax = 256;

interface Known {
  readonly signature: string;
  readonly files: VersionFiles | Failure;
}

export class ModelScan {
  readonly #places: ScanPlaces;
  readonly #known = new Map<string, Known>();

  constructor(places: ScanPlaces) {
    this.#places = places;
  }

  /** By name. Fails only when the repository's own folder cannot be read. */
  async look(): Promise<readonly FoundModel[]> {
    const named = this.#places.models.slice(0, modelsFoundMax);
    const names = new Set(named.map(({ name }) => name));
    const others = (await this.#inRoot()).filter(({ name }) => !names.has(name));
    const places = [...named, ...others].slice(0, modelsFoundMax);
    const found: FoundModel[] = [];
    for (const { name, folder } of places) found.push(await this.#model(name, folder));
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #inRoot(): Promise<ScanPlaces["models"]> {
    const { only, root } = this.#places;
    if (root === null) return [];
    const entries = await readdir(root, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return names
      .filter((name) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
      .filter((name) => only?.includes(name) ?? true)
      .sort()
      .map((name) => ({ name, folder: join(root, name) }));
  }

  async #model(name: string, folder: string): Promise<FoundModel> {
    try {
      const config = await readConfigFile(folder);
      const { text: configText, settings } = config;
      const versions: FoundVersion[] = [];
      for (const version of await versionsIn(folder)) {
        versions.push(await this.#version(version, join(folder, String(version)), config));
      }
      const numbers = versions.map(({ version }) => version);
      const notes = [...config.notes, ...idleAliases(settings, numbers)];
      return { kind: "model", name, folder, settings, configText, notes, versions };
    } catch (cause) {
      return { kind: "broken", name, problem: Failure.of(cause).detail };
    }
  }

  async #version(version: number, place: string, config: ConfigFile): Promise<FoundVersion> {
    const files = await this.#files(place, config);
    const broken = { version, fingerprint: "", manifest: null };
    if (files instanceof Failure) return { ...broken, problem: files.detail };
    if (files.standing === "unverified" && this.#places.manifests === "needed") {
      return { ...broken, problem: `${files.reason}; write it last, when all files are there` };
    }
    const digest = createHash("sha256")
      .update(`${files.fingerprint}\n${config.text}`)
      .digest("hex");
    const manifest = files.standing === "verified" ? files.fingerprint : null;
    return { version, problem: null, fingerprint: digest.slice(0, 32), manifest };
  }

  async #files(place: string, config: ConfigFile): Promise<VersionFiles | Failure> {
    try {
      const files = await this.#compared(place);
      if (!(files instanceof Failure)) refuseOtherConfig(files, config);
      return files;
    } catch (cause) {
      return Failure.of(cause);
    }
  }

  async #compared(place: string): Promise<VersionFiles | Failure> {
    const signature = await signatureOf(place);
    const known = this.#known.get(place);
    if (known?.signature === signature) return known.files;
    const files = await verifiedFiles(place).catch((cause: unknown) => Failure.of(cause));
    this.#known.set(place, { signature, files });
    return files;
  }
}

/** Names that tasks cannot ask by, since their versions are not served. */
function idleAliases({ aliases, policy }: ModelSettings, present: readonly number[]): string[] {
  const chosen = chosenVersions(policy, present).filter((version) => present.includes(version));
  return Object.entries(aliases)
    .filter(([, version]) => !chosen.includes(version))
    .map(([alias, version]) => {
      const why = present.includes(version) ? "which is not served" : "which is not there";
      return `the alias ${alias} names version ${version}, ${why} (policy: ${policyText(policy)})`;
    });
}
