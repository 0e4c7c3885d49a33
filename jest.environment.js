// What a test file finds around itself: the process, and not a copy of it. Afterwards the process is what it was before.
import { ModernFakeTimers } from "@jest/fake-timers";
import { ModuleMocker } from "jest-mock";

const { console } = globalThis;
const { exit } = process;
const variables = { ...process.env };
/** What the URL of a module has more than its path, which Jest finds in the project. */
const beside = /file:\/\/|\?file=\d+/g;

export default class {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {}

  /** Lets errors name files by their paths. */
  handleTestEvent({ name, test }) {
    if (name !== "test_done") return;
    for (const error of test.errors.flat())
      if (error instanceof Error) error.stack = error.stack.replaceAll(beside, "");
  }

  async teardown() {
    this.fakeTimersModern.dispose();
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    Object.assign(process.env, variables);
    process.exit = exit;
    globalThis.console = console;
  }

  exportConditions() {
    return ["node", "node-addons"];
  }

  getVmContext() {
    return null;
  }
}
