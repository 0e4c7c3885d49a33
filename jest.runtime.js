// Runs test files as Node runs every file of the project: as they are, in the process itself. Whatever they test is loaded
// once for all the files of a worker, and stays compiled; the files in test/ begin anew with each test file.
import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import Runtime from "jest-runtime";

const require = createRequire(import.meta.url);
const url = (path) => new URL(path, import.meta.url).href;
const globalsUrl = url("jest.globals.js");
/** Follows the URL of a module that belongs to one test file; whatever such a module imports from test/ does as well. */
const mark = /\?file=\d+$/;
/** Where modules begin anew. Whoever watches changes the others as well. */
let folder = url("test/");
/** What Jest's circus keeps on the global object: its handlers of events, and the tests of the file. */
const circus = new Set(["EVENT_HANDLERS", "JEST_STATE_SYMBOL"]);
let files = 0;
let globals;

/** What "@jest/globals" is at the moment. */
export const currentGlobals = () => globals;

registerHooks({
  resolve(specifier, context, next) {
    const file = mark.exec(context.parentURL)?.[0];
    if (file === undefined) return next(specifier, context);
    if (specifier === "@jest/globals") return { url: globalsUrl + file, shortCircuit: true };
    const resolved = next(specifier, context);
    const anew = resolved.url.startsWith(folder) && resolved.url.endsWith(".ts");
    return anew ? { ...resolved, url: resolved.url + file } : resolved;
  },
});

const noMocks = () => {
  throw new Error("modules are not mocked here");
};

export default class extends Runtime {
  setMock = noMocks;
  setModuleMock = noMocks;

  constructor(...values) {
    super(...values);
    const { collectCoverage, watch, watchAll } = values.at(-1);
    if (collectCoverage) throw new Error("Jest does not see what is covered; use NODE_V8_COVERAGE");
    if (watch || watchAll) folder = url("./");
  }

  /** Loads circus, which begins anew with each test file as well. */
  requireInternalModule(path) {
    delete require.cache[path];
    return require(path);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(path) {
    files += 1;
    globals = this.requireModuleOrMock(path, "@jest/globals");
    return import(`${pathToFileURL(path)}?file=${files}`);
  }

  /** That of Node remains. */
  installGetBuiltinModule() {}

  teardown() {
    super.teardown();
    for (const symbol of Object.getOwnPropertySymbols(globalThis))
      if (circus.has(symbol.description)) delete globalThis[symbol];
  }
}
