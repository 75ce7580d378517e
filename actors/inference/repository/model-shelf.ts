// Pure. What a node knows of one model: what was found of it, what was ordered, which copies of its
// versions there are and why others are not. Decides nothing by itself (`version-plan.ts` does).
import type { Ref } from "#protocols/actor-ref.ts";
import type { ModelIndexEntry, VersionState } from "#protocols/tasks/model-repository.ts";
import { LoadRefusals } from "./load-refusals.ts";
import { ModelNames } from "./model-names.ts";
import type { FoundModel, FoundVersion } from "./model-scan.ts";
import type { ServedVersion } from "./served-version.ts";
import { isThreaded } from "./thread-budget.ts";
import { type Copy, copyOf, type Situation, type Target } from "./version-plan.ts";
import { chosenVersions, policyText, presentVersions } from "./version-policy.ts";

export interface LivingCopy extends Copy {
  readonly ref: Ref<ServedVersion>;
  /** What is to be known of it though it serves. */
  readonly notes: readonly string[];
}

export class ModelShelf {
  readonly name: string;
  isLoaded: boolean;
  /** Why versions of it could not be loaded. */
  readonly refusals = new LoadRefusals();
  #found: Extract<FoundModel, { kind: "model" }> | undefined;
  /** Why its folder or configuration cannot be read now; what was read before holds on. */
  #defect: string | undefined;
  #reloads = 0;
  #copies: readonly LivingCopy[] = [];
  readonly #names = new ModelNames();

  constructor(name: string, isLoaded: boolean) {
    this.name = name;
    this.isLoaded = isLoaded;
  }

  /** Undefined: it is not there any more. */
  see(found: FoundModel | undefined): void {
    this.#defect = found && found.kind !== "model" ? found.problem : undefined;
    if (!found || found.kind === "model") this.#found = found;
    this.#nameAnew();
  }

  get found(): Extract<FoundModel, { kind: "model" }> | undefined {
    return this.#found;
  }

  /** Nothing of it is left, neither in the folder nor in memory. */
  get isGone(): boolean {
    return !this.#found && this.#defect === undefined && this.#copies.length === 0;
  }

  get situation(): Situation & { readonly copies: readonly LivingCopy[] } {
    const wanted = this.#wantedVersions.length === 0 ? [] : [...this.#wanted, ...this.#keptAnew];
    const unusable = wanted.filter(({ version }) => !this.#isUsable(version));
    const failed = [...this.refusals.all, ...unusable];
    return { wanted, copies: this.#copies, kept: this.#names.kept, failed };
  }

  /** Ascending. */
  get versionsReady(): readonly number[] {
    const ready = this.#copies.filter(({ phase }) => phase === "ready");
    return [...new Set(ready.map(({ version }) => version))].sort((a, b) => a - b);
  }

  /** At the most, of all versions that are to be loaded: those that run networks here. */
  get enginesWanted(): number {
    if (!this.#found || !isThreaded(this.#found.settings)) return 0;
    const usable = this.#wantedVersions.filter((version) => this.#isUsable(version));
    const { instances, scaling } = this.#found.settings;
    return usable.length * (scaling?.max ?? instances);
  }

  /** Those that are, or were, ready; of one version, or of all. */
  loaded(version?: number): readonly LivingCopy[] {
    return this.#copies
      .filter((copy) => copy.phase !== "loading")
      .filter((copy) => version === undefined || copy.version === version);
  }

  /** Who gets the requests that name the model by this selector; undefined: nobody is ready. */
  servant(selector: string | undefined): LivingCopy | undefined {
    const version = numberIn(selector) ?? this.#names.versionOf(selector);
    const copy = version === undefined ? undefined : copyOf(this.situation, version);
    return this.#copies.find(({ key }) => key === copy?.key);
  }

  /** Why nobody gets the requests that name the model by this selector. */
  whyUnserved(selector: string | undefined): string {
    if (selector === undefined || this.#defect !== undefined) {
      return this.defects[0] ?? "none of its versions is ready";
    }
    const version = numberIn(selector) ?? this.#names.goalOf(selector);
    if (version === undefined) return `it has no alias ${selector}`;
    const { state, reason } = this.#standing(version);
    return `version ${version}: ${reason || state.toLowerCase()}`;
  }

  /** All names by which tasks can ask for it now. */
  get namesServed(): readonly string[] {
    const ready = this.versionsReady;
    if (ready.length === 0) return [];
    return [this.name, ...ready.flatMap((version) => this.#namesOf(version))];
  }

  /** What was tried in vain is tried again; of one version, or of all. */
  forgive(version?: number): void {
    this.refusals.forgive(version);
  }

  /** What is served counts as outdated from now on. */
  renew(): void {
    this.#reloads += 1;
    this.forgive();
  }

  add(copy: LivingCopy): void {
    this.#copies = [...this.#copies, copy];
  }

  /** A version that is ready has no failure. */
  mark(key: string, phase: Copy["phase"]): void {
    const marked = this.#copies.find((copy) => copy.key === key);
    if (phase === "ready" && marked) this.refusals.forget(marked.version);
    this.#copies = this.#copies.map((copy) => (copy.key === key ? { ...copy, phase } : copy));
    this.#nameAnew();
  }

  /** Its engines are warm, and tell of themselves. */
  annotate(key: string, notes: readonly string[]): void {
    this.#copies = this.#copies.map((copy) =>
      copy.key === key ? { ...copy, notes: [...copy.notes, ...notes] } : copy,
    );
  }

  take(key: string): LivingCopy | undefined {
    const copy = this.#copies.find((one) => one.key === key);
    this.#copies = this.#copies.filter((one) => one !== copy);
    this.#nameAnew();
    return copy;
  }

  /** Null: nobody vouches for its files. */
  manifestOf(version: number): string | null {
    return this.#versionOf(version)?.manifest ?? null;
  }

  /** Somebody vouches for a version that is ready. */
  get isVerified(): boolean {
    return this.versionsReady.some((version) => this.manifestOf(version) !== null);
  }

  /** A version of it is tried again by itself. */
  get isAwaited(): boolean {
    return this.refusals.all.some(({ standing }) => standing === "awaited");
  }

  /** Of the model as a whole: its folder or its configuration cannot be used. */
  get defect(): string | undefined {
    return this.#defect;
  }

  /** Why what is wanted is not there; empty: all of it is. */
  get defects(): readonly string[] {
    if (this.#defect !== undefined) return [this.#defect];
    const wanted = this.#wantedVersions.map((version) => this.#entry(version));
    const missing = wanted.filter(({ state, reason }) => state !== "READY" || reason !== "");
    const told = missing.map(({ version, reason }) => `version ${version}: ${reason}`);
    return wanted.length === 0 ? [`no version of ${this.name} is there`] : told;
  }

  get index(): readonly ModelIndexEntry[] {
    const known = [...this.#versions, ...this.#copies].map(({ version }) => version);
    const versions = [...new Set([...known, ...this.#wantedVersions])].sort((a, b) => a - b);
    const entries = versions.map((version) => this.#entry(version));
    if (entries.length > 0 && this.#defect === undefined) return entries;
    const reason = this.#defect ?? "no version of it is there";
    const { name } = this;
    const none = {
      name,
      kind: this.#kind,
      version: null,
      aliases: [],
      isDefault: false,
      notes: [],
    };
    return [{ ...none, state: "UNAVAILABLE", reason }, ...entries];
  }

  #entry(version: number): ModelIndexEntry {
    const { state, reason } = this.#standing(version);
    const { notes = [] } = this.#copies.findLast((copy) => copy.version === version) ?? {};
    return {
      name: this.name,
      kind: this.#kind,
      version,
      state,
      reason,
      aliases: this.#namesOf(version),
      notes: [...notes, ...this.#names.notesOn(version)],
      isDefault: this.#names.versionOf(undefined) === version,
    };
  }

  #standing(version: number): { readonly state: VersionState; readonly reason: string } {
    const copies = this.#copies.filter((copy) => copy.version === version);
    const has = (phase: Copy["phase"]): boolean => copies.some((copy) => copy.phase === phase);
    const why = this.#trouble(version);
    if (has("ready")) {
      if (has("loading")) return { state: "READY", reason: "it is being loaded anew" };
      if (why === undefined || !this.#wantedVersions.includes(version)) {
        return { state: "READY", reason: "" };
      }
      return { state: "READY", reason: `what was loaded before serves on: ${why}` };
    }
    if (has("loading")) return { state: "LOADING", reason: this.#triedBefore(version) };
    if (has("leaving")) return { state: "UNLOADING", reason: "" };
    return { state: "UNAVAILABLE", reason: why ?? this.#whyNot(version) };
  }

  /** What is wrong with its files, or was when it was loaded. */
  #trouble(version: number): string | undefined {
    const problem = this.#versionOf(version)?.problem;
    if (problem) return problem;
    return this.refusals.textOf(version);
  }

  /** Empty: it is loaded for the first time, or was ready at last. */
  #triedBefore(version: number): string {
    const reason = this.refusals.lastReasonOf(version);
    return reason === undefined ? "" : `once more, after this: ${reason}`;
  }

  #whyNot(version: number): string {
    if (!this.isLoaded) return "it is not loaded";
    if (!this.#versionOf(version)) return "it is not in the folder";
    if (this.#wantedVersions.includes(version)) return "it is not loaded yet";
    return `the version policy is ${policyText(this.#found?.settings.policy)}`;
  }

  get #kind(): string | null {
    return this.#found?.settings.kind ?? null;
  }

  get #wanted(): readonly Target[] {
    return this.#wantedVersions.map((version) => this.#targetOf(version));
  }

  #targetOf(version: number): Target {
    const { fingerprint = "" } = this.#versionOf(version) ?? {};
    return { version, fingerprint: `${fingerprint} ${this.#reloads}` };
  }

  /** What names still mean, and has ended: nothing else takes its place yet. */
  get #keptAnew(): readonly Target[] {
    const isThere = [...this.#wantedVersions, ...this.versionsReady];
    const ended = this.#names.kept.filter((version) => !isThere.includes(version));
    return ended.filter((version) => this.#isUsable(version)).map((one) => this.#targetOf(one));
  }

  get #wantedVersions(): readonly number[] {
    if (!this.isLoaded || !this.#found) return [];
    const { settings, versions } = this.#found;
    const present = presentVersions(versions, (version) => this.loaded(version).length > 0);
    return chosenVersions(settings.policy, present);
  }

  get #versions(): readonly FoundVersion[] {
    return this.#found?.versions ?? [];
  }

  #versionOf(version: number): FoundVersion | undefined {
    return this.#versions.find((one) => one.version === version);
  }

  #isUsable(version: number): boolean {
    return this.#versionOf(version)?.problem === null;
  }

  #namesOf(version: number): readonly string[] {
    return [String(version), ...this.#names.aliasesOf(version)].map(
      (selector) => `${this.name}@${selector}`,
    );
  }

  #nameAnew(): void {
    const { aliases = {} } = this.#found?.settings ?? {};
    this.#names.follow({ aliases, wanted: this.#wantedVersions, ready: this.versionsReady });
  }
}

const numberIn = (selector = ""): number | undefined =>
  /^[1-9][0-9]{0,8}$/.test(selector) ? Number(selector) : undefined;
