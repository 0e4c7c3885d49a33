// The strings at one place of a token: its roles, its groups, what marks a component. The place is an array of keys,
// because keys may contain dots and slashes: ["resource_access", "my.client", "roles"].
import { isObject, type Json, type JsonObject, member } from "./json.ts";

/** Keys from the outermost object inwards; at least one. */
export type ClaimPath = readonly string[];

/** What form they have there: an array of strings, words of one string, or the member names of an object. */
export type ClaimShape = "strings" | "space-separated" | "object-keys";

/** Every shape. */
export const claimShapes: readonly ClaimShape[] = ["strings", "space-separated", "object-keys"];

/** More strings than this at one place are not looked at. */
export const maximumClaimValues = 256;

const readers: Readonly<Record<ClaimShape, (value: Json) => readonly Json[] | undefined>> = {
  strings: (value) => (Array.isArray(value) ? value : undefined),
  "space-separated": (value) => (typeof value === "string" ? words(value) : undefined),
  "object-keys": (value) => (isObject(value) ? Object.keys(value) : undefined),
};

/**
 * The strings at `path`: empty if there is nothing, undefined if what is there has another shape or too many entries.
 */
export function claimValues(
  payload: JsonObject,
  path: ClaimPath,
  shape: ClaimShape,
): readonly string[] | undefined {
  const found = at(payload, path);
  if (found === undefined) return [];
  const values = readers[shape](found);
  if (values === undefined || values.length > maximumClaimValues) return undefined;
  return values.every((value) => typeof value === "string") ? values : undefined;
}

/** The one string at `path`, if it is a string. */
export function claimText(payload: JsonObject, path: ClaimPath): string | undefined {
  const found = at(payload, path);
  return typeof found === "string" ? found : undefined;
}

function words(text: string): readonly string[] {
  return text.split(" ").filter((word) => word !== "");
}

function at(payload: JsonObject, path: ClaimPath): Json | undefined {
  let value: Json | undefined = payload;
  for (const key of path) value = isObject(value) ? member(value, key) : undefined;
  return value;
}
