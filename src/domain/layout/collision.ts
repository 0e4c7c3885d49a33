// Whether a machine could get either of two layouts. A machine must get the same one whenever it is asked for, so no
// two layouts may be for the same version of an image on machines of one size.
import type { FilesystemLayout } from "../../../gen/metal/v1/filesystem_layout_pb.ts";
import { precondition } from "../errors.ts";
import { type ImageRules, ruleFor } from "../image-rule.ts";
import { parseRange, rangesOverlap } from "../version-range.ts";

/** What two layouts have in common: every one of the sizes with every one of the images. */
export interface Collision {
  /** The id of the other layout. */
  readonly with: string;
  readonly sizes: readonly string[];
  readonly images: readonly {
    readonly os: string;
    /** The two constraints, both of which accept some version. */
    readonly rules: readonly [own: string, other: string];
  }[];
}

/** An error goes into headers of the answer, so it names no more than anyone would read. */
const maxNamed = 5;

/** What `layout` has in common with others than itself. The constraints must be valid. */
export function collisions(
  layout: FilesystemLayout,
  others: readonly FilesystemLayout[],
): Collision[] {
  return others
    .filter(({ id }) => id !== layout.id)
    .map((other) => commonOf(layout, other))
    .filter(({ images }) => images.length > 0);
}

function commonOf(own: FilesystemLayout, other: FilesystemLayout): Collision {
  const theirs = new Set(other.constraints?.sizes);
  const sizes = (own.constraints?.sizes ?? []).filter((size) => theirs.has(size));
  // Without a common size no image is common either: there is no machine to put it on.
  const ours = sizes.length > 0 ? (own.constraints?.images ?? {}) : {};
  return { with: other.id, sizes, images: commonImages(ours, other.constraints?.images ?? {}) };
}

function commonImages(ours: ImageRules, theirs: ImageRules): Collision["images"] {
  return Object.entries(ours).flatMap(([os, rule]) => {
    const other = ruleFor(theirs, os);
    if (other === undefined || !rangesOverlap(parseRange(rule), parseRange(other))) return [];
    return [{ os, rules: [rule, other] }];
  });
}

/** Throws failed_precondition that names what `layout` has in common with which other layouts, if anything. */
export function assertNoCollision(
  layout: FilesystemLayout,
  others: readonly FilesystemLayout[],
): void {
  const found = collisions(layout, others);
  if (found.length > 0)
    throw precondition(
      `filesystem layout "${layout.id}" collides: ${listed(found.map(textOf), "; ")}`,
    );
}

function textOf({ with: other, sizes, images }: Collision): string {
  const names = sizes.map((size) => `"${size}"`);
  const rules = images.map(({ os, rules: [own, their] }) => `${os} "${own}" and "${their}"`);
  return `layout "${other}" is for sizes ${listed(names)} too, with common versions of ${listed(rules)}`;
}

function listed(texts: readonly string[], separator = ", "): string {
  const rest = texts.length - maxNamed;
  const named = texts.slice(0, maxNamed);
  return [...named, ...(rest > 0 ? [`${rest} more`] : [])].join(separator);
}
