// Pages of lists: how many entries, and tokens that say where the next page begins.
import { readToken, writeToken } from "./token.ts";

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

/** What was found for a page. */
export interface Found<T> {
  readonly items: T[];
  /** The key to go on after, if the search ended before there were as many as were asked for. */
  readonly goOnAfter?: string;
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
    readonly fetch: (after: string, limit: number) => Promise<T[] | Found<T>> | T[];
  },
): Promise<PageOf<T>> {
  const size = request.pageSize || defaultSize;
  const answer = await list.fetch(afterOf(request, list.filter), size + 1);
  const found: Found<T> = Array.isArray(answer) ? { items: answer } : answer;
  const items = found.items.slice(0, size);
  const last = items.at(-1);
  const full = found.items.length > size && last !== undefined;
  const after = full ? list.key(last) : found.goOnAfter;
  return { items, nextPageToken: after === undefined ? "" : writeToken(list.filter, after) };
}

function afterOf({ pageToken: token }: PageRequest, filter: unknown): string {
  const parse = (key: unknown) => (typeof key === "string" ? key : undefined);
  return readToken(filter, { field: "page_token", token, source: "a list", parse }) ?? "";
}
