// What can be said of an image without looking at others: its features, its classification, its end.
import { invalid } from "./errors.ts";

/** What may be created from an image. */
export const features = ["machine", "firewall"] as const;
export type Feature = (typeof features)[number];

/** How far the makers of an image stand behind it, in the order of its life. */
export const classifications = ["preview", "supported", "deprecated"] as const;
export type Classification = (typeof classifications)[number];

/** What a new image is until somebody says otherwise. */
export const defaultClassification: Classification = "preview";

const lifetimeDays = 90;
const dayMilliseconds = 24 * 60 * 60 * 1000;

/** When an image ends that was created at `now` without saying so: 90 days of 24 hours later. */
export function defaultExpiry(now: Date): Date {
  return new Date(now.getTime() + lifetimeDays * dayMilliseconds);
}

/** An image has ended from the very moment it names on. */
export function isExpired(image: { readonly expires: Date }, now: Date): boolean {
  return image.expires.getTime() <= now.getTime();
}

/**
 * The features as a set, in the order of {@link features}. Throws invalid_argument if there is none, for then nothing
 * could be created from the image, or if one is unknown.
 */
export function parseFeatures(given: readonly string[]): readonly Feature[] {
  const unknown = given.find((feature) => !features.some((known) => known === feature));
  if (unknown !== undefined) throw invalid(`no feature "${unknown}", known are ${list}`);
  if (given.length === 0) throw invalid(`an image needs at least one feature of ${list}`);
  return features.filter((feature) => given.includes(feature));
}

const list = features.map((feature) => `"${feature}"`).join(", ");
