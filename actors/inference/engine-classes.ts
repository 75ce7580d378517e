// Which actor has a model's engine: by what its configuration names as backend.
import { EngineActor } from "./engine-actor.ts";
import type { ModelSettings } from "./repository/model-settings.ts";
import type { EngineClass } from "./repository/served-version.ts";
import { scriptedEngine } from "./scripted/scripted-engine.ts";
import { scriptsOnDisk } from "./scripted/scripts-on-disk.ts";

const ScriptedEngine = scriptedEngine(scriptsOnDisk);

/** A process for what runs a network, and none for what only follows a script. */
export const engineClassFor = ({ backend }: Pick<ModelSettings, "backend">): EngineClass =>
  backend === "scripted" ? ScriptedEngine : EngineActor;
