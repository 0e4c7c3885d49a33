// What a server needs besides its store, and what no backup of the store holds.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { credentialsPath } from "../auth/first-start.ts";
import { firmwareFolder } from "../firmware/open.ts";

/** A line for each thing that an operator has to keep as well; `data` is the data folder. */
export function leftOut(data: string): string[] {
  return [
    ...(existsSync(credentialsPath(data))
      ? [`${credentialsPath(data)}, the keys of the default users`]
      : []),
    ...firmwareIn(firmwareFolder(data)),
    "the settings, above all secrets-key: keys of identities in the store are of no use without it",
  ];
}

function firmwareIn(folder: string): string[] {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  return entries.length === 0 ? [] : [`${folder}, firmware and the key of its URLs`];
}
