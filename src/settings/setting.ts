// The shape of a row in the table of settings, and what the table says about the values.
import type { Check } from "./check.ts";

/** One setting. Its key in the table is its name, in kebab-case, wherever it is given. */
export interface Setting<T = unknown> {
  /** What stands for the value in the help: "HOST:PORT". */
  readonly form: string;
  readonly meaning: string;
  /** As one would write it. Without it, the setting may be left out and is then undefined. */
  readonly default?: string;
  readonly check: Check<T>;
  /** As a flag it may stand without a value, which means "true". */
  readonly switch?: true;
  /** Only a flag or an environment variable: the file cannot name itself. */
  readonly outsideFile?: true;
  /** Only in the file: "text" leaves every scalar the text it is, "yaml" gives numbers and booleans. */
  readonly fileOnly?: "text" | "yaml";
}

/** All settings by name. */
export type Table = Readonly<Record<string, Setting>>;

/** The values of a table: T, or T | undefined where there is no default. */
export type Values<T extends Table> = {
  readonly [Name in keyof T]: T[Name] extends Setting<infer V>
    ? T[Name] extends { readonly default: string }
      ? V
      : V | undefined
    : never;
};

/** "METAL_HMAC_ADMIN_KEY" for "hmac-admin-key". */
export function variableOf(name: string): string {
  return `METAL_${name.toUpperCase().replaceAll("-", "_")}`;
}
