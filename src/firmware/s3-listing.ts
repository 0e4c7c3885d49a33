// What S3 answers to ListObjectsV2: just enough of its XML.

/** The keys on a page. */
export function listedKeys(listing: string): string[] {
  const isEncoded = textsOf(listing, "EncodingType")[0] === "url";
  const keys = textsOf(listing, "Key").map(unescaped);
  return isEncoded ? keys.map((key) => decodeURIComponent(key.replaceAll("+", " "))) : keys;
}

/** What asks for the next page; undefined on the last one. */
export function nextPage(listing: string): string | undefined {
  const token = textsOf(listing, "NextContinuationToken")[0];
  const isMore = textsOf(listing, "IsTruncated")[0] === "true";
  return isMore && token !== undefined ? unescaped(token) : undefined;
}

function textsOf(xml: string, element: string): string[] {
  const pattern = new RegExp(`<${element}>([^<]*)</${element}>`, "g");
  return Array.from(xml.matchAll(pattern), ([, text = ""]) => text);
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name)] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
