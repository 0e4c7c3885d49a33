// Size image constraints: which versions of images machines of a size can be installed with.
import type { Image } from "../../gen/metal/v1/image_pb.ts";
import type { SizeImageConstraint } from "../../gen/metal/v1/size_image_constraint_pb.ts";
import { precondition } from "./errors.ts";
import { assertFaultless, type Fault } from "./fault.ts";
import { accepts, checkImageRules, ruleFor } from "./image-rule.ts";
import { parseImageId } from "./image-version.ts";

/** Throws invalid_argument that names everything that is wrong with a constraint, beyond the rules in its proto. */
export function assertConstraint({ constraints }: SizeImageConstraint): void {
  const faults: Fault[] = [];
  checkImageRules(constraints?.images ?? {}, "constraints.images", (path, reason) =>
    faults.push({ path, reason }),
  );
  assertFaultless("size_image_constraint", faults);
}

/**
 * Throws failed_precondition if the constraint of a size forbids the image. Without a constraint, and without a rule
 * for its operating system, every image is allowed; otherwise every version that the rule accepts, an `x.y.0` like any
 * other.
 */
export function assertAllowed(
  size: string,
  constraint: SizeImageConstraint | undefined,
  { id }: Pick<Image, "id">,
): void {
  const image = parseImageId(id);
  if (image === undefined) throw new Error(`a stored image has the id "${id}" without a version`);
  const rule = ruleFor(constraint?.constraints?.images ?? {}, image.os);
  if (rule === undefined || accepts(rule, image.version)) return;
  throw precondition(
    `size "${size}" does not allow image "${id}": ${image.os} must be "${rule}" there`,
  );
}
