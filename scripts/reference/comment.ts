// The comment on an element of a proto, as one line of text.
import type { AnyDesc, DescFile } from "@bufbuild/protobuf";
import { getComments, getSyntaxComments } from "@bufbuild/protoplugin";

/** What stands above `desc`, without line breaks; empty if nothing does. */
export function sentencesOf(desc: Exclude<AnyDesc, DescFile>): string {
  return oneLine(getComments(desc).leading);
}

/** What a file begins with. */
export function sentencesOfFile(file: DescFile): string {
  return oneLine(getSyntaxComments(file).leading);
}

const oneLine = (text = "") => text.replaceAll(/\s+/g, " ").trim();
