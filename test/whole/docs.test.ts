// The pages below docs/ show what really happens.
import { expect, test } from "@jest/globals";
import { withComponents } from "../../scripts/components.ts";
import { referencePages } from "../../scripts/reference.ts";
import { page, pages, replayed } from "../../scripts/transcripts.ts";

/** Numbers change with every RPC that is added, and so do the widths of columns: what is shown stays the same. */
const shape = (text: string) => text.replaceAll(/\d+/g, "0").replaceAll(/ {2,}/g, "  ");

test.each(pages())(
  "%s prints what its commands print",
  async (name) => {
    for (const [path, text] of await replayed(name)) expect(shape(text)).toBe(shape(page(path)));
  },
  120_000,
);

test("the page of components is written from the table and the rules", () => {
  const text = page("components/README.md");
  expect(withComponents(text)).toBe(text);
});

test.each(Object.entries(referencePages))("%s is written from what it describes", (name, text) => {
  expect(text()).toBe(page(name));
});
