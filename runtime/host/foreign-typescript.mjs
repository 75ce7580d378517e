// TypeScript from outside this project, which comes through tsx. Registering tsx takes longer than everything
// else of the loader, in each process and thread, and few of them see such a file: so it waits for the first.
import Module, { createRequire } from "node:module";
import { extname } from "node:path";

const typescript = /\.([cm]?ts|tsx)([?#]|$)/;
/** Those of tsx, in the thread of our own. */
let hooks;
/** What tsx itself imports passes our hooks too, and cannot wait for it. */
let areThere = false;

/** Whether an import or a file shows that tsx is needed; once it was, it is asked for everything. */
export const needsTsx = (...names) =>
  areThere || names.some((name) => name !== undefined && typescript.test(name));

/**
 * The hooks of tsx.
 *
 * @param {string} tsconfig The path of the one that holds for files which have none.
 */
export function tsxHooks(tsconfig) {
  hooks ??= import("tsx/esm").then(async ({ initialize, resolve, load }) => {
    await initialize({ tsconfig });
    areThere = true;
    return { resolve, load };
  });
  return hooks;
}

/** Has `require` take TypeScript too, from the first time on that it is asked for such a file or finds none. */
export function awaitCommonJs() {
  const plain = Module._resolveFilename;
  let isRegistered = false;
  const withTsx = (...args) => {
    isRegistered = true;
    const { register } = createRequire(import.meta.url)("tsx/cjs/api");
    register();
    return Module._resolveFilename(...args);
  };
  Module._resolveFilename = (...args) => {
    // From then on tsx stands before this.
    if (isRegistered) return plain(...args);
    const [request, parent] = args;
    if (needsTsx(request, parent?.filename ?? undefined)) return withTsx(...args);
    try {
      return plain(...args);
    } catch (cause) {
      // A file without its ending, perhaps.
      const mayBeFile = /^[./]/.test(request) && extname(request) === "";
      if (cause.code !== "MODULE_NOT_FOUND" || !mayBeFile) throw cause;
      return withTsx(...args);
    }
  };
}
