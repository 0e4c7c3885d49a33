// Writes the pages of docs/reference from the table of settings and from the command line. `npm run reference`; a test
// fails when one is stale. The reference of RPCs is written by `buf generate`, beside the other things that protos say.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cliPage } from "./reference/cli.ts";
import { settingsPage } from "./reference/settings.ts";

/** The pages by their path below docs/. */
export const referencePages: Readonly<Record<string, () => string>> = {
  "reference/settings.md": settingsPage,
  "reference/command-line.md": cliPage,
};

if (import.meta.main)
  for (const [name, text] of Object.entries(referencePages)) {
    const path = join(import.meta.dirname, "../docs", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text());
  }
