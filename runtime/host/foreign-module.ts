// Modules that somebody else wrote, by their address.

/**
 * What a module exports, whatever its form: TypeScript in a folder that is no package of modules
 * (`"type": "module"`) comes as CommonJS, and Node.js shows of it what it exports as its default only.
 * Fails as `import` does.
 */
export async function foreignModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  const loaded: Readonly<Record<string, unknown>> = await import(url);
  const { default: exported, ...others } = loaded;
  const isWrapped = Object.keys(others).length === 0 && isTranslated(exported);
  return isWrapped ? exported : loaded;
}

/** It was a module before it became CommonJS. */
const isTranslated = (exported: unknown): exported is Readonly<Record<string, unknown>> =>
  typeof exported === "object" && exported !== null && "__esModule" in exported;
