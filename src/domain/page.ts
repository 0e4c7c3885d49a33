// Pages of lists: how many entries, and tokens that say where the next page begins.
import { createHash } from "node:crypto";
import { invalid } from "./errors.ts";

const defaultSize = 100;

/** What every list request has, beside its filters. */
export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** One page. */
export interface PageOf<T> {
  readonly items: T[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/**
 * The page that `request` asks for. `filter` is whatever decides what is listed: a token is only good for the filter
 * it was made for. `fetch` gets the key of the last entry before the page and how many entries to return.
 */
export async function pageOf<T>(
  request: PageRequest,
  list: {
    readonly filter: unknown;
    readonly key: (item: T) => string;
    readonly fetch: (after: string, limit: number) => Promise<T[]> | T[];
  },
): Promise<PageOf<T>> {
  const size = request.pageSize || defaultSize;
  const digest = digestOf(list.filter);
  const found = await list.fetch(readToken(request.pageToken, digest), size + 1);
  const items = found.slice(0, size);
  const last = items.at(-1);
  const more = found.length > size && last !== undefined;
  return { items, nextPageToken: more ? writeToken(list.key(last), digest) : "" };
}

function digestOf(filter: unknown): string {
  const text = JSON.stringify(filter, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}

function writeToken(key: string, digest: string): string {
  return Buffer.from(JSON.stringify([digest, key])).toString("base64url");
}

function readToken(token: string, digest: string): string {
  if (token === "") return "";
  const [made, key] = parse(token);
  if (typeof key !== "string") throw invalid("page_token: is not one that a list returned");
  if (made !== digest) throw invalid("page_token: belongs to a list with other filters");
  return key;
}

function parse(token: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // Reported by the caller like every other token that was made up.
  }
}
