// Which of the images there are an id in shorthand stands for.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Image, ImageClassification } from "../../gen/metal/v1/image_pb.ts";
import type { Reader } from "../store/store.ts";
import { invalid, notFound } from "./errors.ts";
import { every } from "./every.ts";
import type { Classification } from "./image.ts";
import { type ImageId, latest, parseImageQuery } from "./image-version.ts";

/** Reads an id that may be in shorthand. Throws invalid_argument that names the field. */
export function queryOf(text: string, field: string): ImageId {
  const query = parseImageQuery(text);
  if (query === undefined)
    throw invalid(`${field}: "${text}" is not <os>-<version>, for example "ubuntu-22.04"`);
  return query;
}

const words: Readonly<Record<number, Classification>> = {
  [ImageClassification.PREVIEW]: "preview",
  [ImageClassification.SUPPORTED]: "supported",
  [ImageClassification.DEPRECATED]: "deprecated",
};

/** The image that an id in shorthand stands for. Throws invalid_argument and not_found. */
export async function latestImage(reader: Reader<"image">, shorthand: string): Promise<Image> {
  const query = queryOf(shorthand, "id");
  const candidates = await Array.fromAsync(
    every(reader, "image", { where: { os: query.os } }),
    (image) => ({
      image,
      id: image.id,
      classification: words[image.classification] ?? "preview",
      expires: image.expirationDate ? timestampDate(image.expirationDate) : new Date(0),
    }),
  );
  const choice = latest(candidates, query, new Date());
  if (choice === undefined)
    throw notFound(`no image that "${shorthand}" stands for and that has not expired`);
  return choice.image;
}
