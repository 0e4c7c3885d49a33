// What a server needs besides its store, and what no backup of the store holds.
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { credentialsPath } from "../auth/first-start.ts";
import { secretsKeyPath } from "../auth/secrets-file.ts";
import { firmwareFolder } from "../firmware/open.ts";
import type { Address } from "./address.ts";

/** A line for each thing that an operator has to keep as well. */
export function leftOut({ path, name }: Address["data"]): string[] {
  const things: readonly (readonly [string, string])[] = [
    [credentialsPath(path), "the keys of the default users"],
    [secretsKeyPath(path), "what keys and passwords in the store are encrypted with"],
    [firmwareFolder(path), "firmware and the key of its URLs"],
  ];
  const there = things.filter(([thing]) => existsSync(thing));
  return [
    ...there.map(([thing, what]) => `${join(name, relative(path, thing))}, ${what}`),
    "the settings, above all secrets-key: keys and passwords in the store cannot be read without it",
  ];
}
