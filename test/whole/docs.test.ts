// The pages below docs/ show what really happens, and lead to what is there.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { withComponents } from "../../scripts/components.ts";
import { page, pages, replayed } from "../../scripts/transcripts.ts";

/** Numbers change with every RPC that is added, and so do the widths of columns: what is shown stays the same. */
const shape = (text: string) => text.replaceAll(/\d+/g, "0").replaceAll(/ {2,}/g, "  ");

test.each(pages())(
  "%s prints what its commands print",
  async (name) => {
    const text = page(name);
    expect(shape(await replayed(text))).toBe(shape(text));
  },
  120_000,
);

test("the page of components is written from the table and the rules", () => {
  const text = page("components.md");
  expect(withComponents(text)).toBe(text);
});

const docs = join(import.meta.dirname, "../../docs");

test.each(pages())("every link of %s leads somewhere", (name) => {
  const text = page(name);
  const links = Array.from(text.matchAll(/\]\((?!https?:)([^)]+)\)/g), ([, link = ""]) => link);
  const broken = links.filter((link) => {
    const [path = "", heading] = link.split("#");
    const target = path === "" ? name : path;
    if (!existsSync(join(docs, target))) return true;
    return heading !== undefined && !headings(target).includes(heading);
  });
  expect(broken).toEqual([]);
});

/** The anchors that a page offers, as GitHub makes them. */
function headings(name: string): string[] {
  if (!readdirSync(docs).includes(name)) return [];
  const titles = Array.from(page(name).matchAll(/^#+ (.*)$/gm), ([, title = ""]) => title);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(/\s/g, "-"),
  );
}
