// What a request asks for, in one text.

/** The last base that a URL was made of, and what URLs on it begin with: most calls come to the same one. */
let last = { base: "", origin: "" };

/** Where a request came to. */
interface Place {
  readonly encrypted: boolean;
  readonly authority: string | undefined;
  /** That of a method, so there is nothing in it to be written in another way. */
  readonly path: string | undefined;
}

export function urlOf({ encrypted, authority, path }: Place): string {
  const base = `${encrypted ? "https" : "http"}://${authority}`;
  if (base !== last.base) last = { base, origin: new URL(base).origin };
  return last.origin + path;
}
