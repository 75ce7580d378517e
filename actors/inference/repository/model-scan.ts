// Looks what is in the folders of a node's models. Hashes of files are computed again only when size,
// time or place of one has changed, so that looking often costs little.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { type ModelPlace, type ModelPlaces, placesOf } from "./model-places.ts";
import type { ModelSettings } from "./model-settings.ts";
import {
  oddVersionsIn,
  refuseOtherConfig,
  signatureOf,
  type VersionFiles,
  verifiedFiles,
  versionsIn,
} from "./version-files.ts";
import { chosenVersions, policyText, presentVersions } from "./version-policy.ts";

export interface FoundVersion {
  readonly version: number;
  /** Null: it can be loaded. */
  readonly problem: string | null;
  /** Of its files and the model's configuration; changes when one of them does. */
  readonly fingerprint: string;
  /** It is being copied: without its manifest it is none yet. */
  readonly isPending?: true;
  /** Of its files alone, as they were compared with its manifest; null: it has none. */
  readonly manifest: string | null;
}

type Folder = Extract<ModelPlace, { readonly kind: "folder" }>;

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
  | { readonly kind: "broken"; readonly name: string; readonly problem: string }
  | Exclude<ModelPlace, Folder>;

export interface ScanPlaces extends ModelPlaces {
  /** `needed`: a version without a manifest is none yet. */
  readonly manifests: "needed" | "welcome";
}

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

  /** By name. Fails only with `unavailable`, when the repository's own folder cannot be read. */
  async look(): Promise<readonly FoundModel[]> {
    const found: FoundModel[] = [];
    for (const place of await placesOf(this.#places)) {
      found.push(place.kind === "folder" ? await this.#model(place) : place);
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #model({ name, folder }: Folder): Promise<FoundModel> {
    try {
      const config = await readConfigFile(folder);
      const { text: configText, settings } = config;
      const versions: FoundVersion[] = [];
      for (const version of await versionsIn(folder)) {
        versions.push(await this.#version(version, join(folder, String(version)), config));
      }
      const numbers = presentVersions(versions, () => false);
      const odd = await oddVersionsIn(folder);
      const notes = [
        ...config.notes,
        ...idleAliases(settings, numbers),
        ...odd.map((name) => `the folder ${name} is no version: ${versionRule}`),
        ...unchosen(settings, numbers),
      ];
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
      const problem = `${files.reason}; write it last, when all files are there`;
      return { ...broken, problem, isPending: true };
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

const versionRule = "write a whole number from 1 to 999999999, without zeros before it";

/** Of all versions those that are too many. */
function unchosen({ policy }: ModelSettings, present: readonly number[]): readonly string[] {
  if (policy?.kind !== "all") return [];
  const left = present.length - chosenVersions(policy, present).length;
  return left === 0 ? [] : [`of its ${present.length} versions the ${left} oldest are left out`];
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
