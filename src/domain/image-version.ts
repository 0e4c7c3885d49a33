// Image ids `<os>-<version>` and what a shortened one stands for: `ubuntu-24.04` is the best image of that release.
import { type Classification, isExpired } from "./image.ts";
import { ascending } from "./order.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

/** The two parts of an image id or of a shortened one. */
export interface ImageId {
  /** Everything before the last dash, never empty; may contain dashes itself. */
  readonly os: string;
  /** What follows the last dash, hence never with a pre-release, whose sign is a dash too. */
  readonly version: Version;
}

/** What the choice among images looks at. */
export interface ImageFacts {
  readonly id: string;
  readonly classification: Classification;
  readonly expires: Date;
}

/**
 * The classifications a shortened id may resolve to, best first. A deprecated image works until it ends, so it still
 * answers where nothing better is left. Leave out what must not be chosen.
 */
export const defaultPreference: readonly Classification[] = ["supported", "preview", "deprecated"];

/** Reads the id of an image, whose version has two or three numbers; undefined if it is none. */
export function parseImageId(id: string): ImageId | undefined {
  const parsed = parseImageQuery(id);
  return parsed === undefined || parsed.version.precision === 1 ? undefined : parsed;
}

/** Reads an image id that may be shortened to `<os>-<major>`; undefined without a dash, an os or a version. */
export function parseImageQuery(text: string): ImageId | undefined {
  const dash = text.lastIndexOf("-");
  if (dash < 1) return undefined;
  const version = parseVersion(text.slice(dash + 1));
  return version === undefined ? undefined : { os: text.slice(0, dash), version };
}

/**
 * Does `image` have the os of `query` and every number that `query` writes? `ubuntu-22` stands for all 22.x,
 * `ubuntu-22.04` for all 22.4.x, `ubuntu-22.04.0` for that one image only, also if its id leaves the 0 out.
 */
export function matchesShorthand(query: ImageId, image: ImageId): boolean {
  if (query.os !== image.os) return false;
  return query.version.numbers
    .slice(0, query.version.precision)
    .every((number, at) => number === image.version.numbers[at]);
}

/**
 * The image that `query` stands for; undefined if there is none. Three numbers name one image, whatever its
 * classification and end, so that whoever refuses an ended image can say so. Fewer numbers choose among the images
 * that have not ended at `now`: by `preference`, then the newest version. Stored ids that are no image ids are skipped.
 */
export function latest<T extends ImageFacts>(
  images: readonly T[],
  query: ImageId,
  now: Date,
  preference: readonly Classification[] = defaultPreference,
): T | undefined {
  const matching = imagesMatching(images, query);
  if (query.version.precision === 3) return matching[0];
  const usable = matching.filter((image) => !isExpired(image, now));
  return preference
    .map((classification) => usable.find((image) => image.classification === classification))
    .find((image) => image !== undefined);
}

/** All images that `query` stands for, newest first, ended and deprecated ones included. */
export function imagesMatching<T extends { readonly id: string }>(
  images: readonly T[],
  query: ImageId,
): readonly T[] {
  return images.filter(({ id }) => isMatch(query, id)).sort((a, b) => compareImageIds(a.id, b.id));
}

function isMatch(query: ImageId, id: string): boolean {
  const image = parseImageId(id);
  return image !== undefined && matchesShorthand(query, image);
}

/**
 * The order of a list of image ids: os ascending, within it the newest version first, then the more precise spelling,
 * then the text; what is no image id comes last. Total: 0 only for equal texts.
 */
export function compareImageIds(a: string, b: string): number {
  const [left, right] = [parseImageId(a), parseImageId(b)];
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined) || ascending(a, b);
  return (
    ascending(left.os, right.os) ||
    compareVersions(right.version, left.version) ||
    right.version.precision - left.version.precision ||
    ascending(a, b)
  );
}
