// The library itself, in memory. Not a line of it is about rights.
import { EventEmitter, on } from "node:events";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { callOf } from "../../src/rbac/call.ts";
import { roleName } from "../../src/rbac/role.ts";
import type { LibraryService } from "./gen/library/v1/library_pb.ts";

/** A library with two books. */
export function createLibrary(): ServiceImpl<typeof LibraryService> {
  const titles = new Map([
    ["978-0131103627", "The C Programming Language"],
    ["978-0201633610", "Design Patterns"],
  ]);
  const borrowers = new Map<string, string>();
  const loans = new EventEmitter<{ loan: [isbn: string] }>();
  const known = (isbn: string) => {
    if (!titles.has(isbn)) throw new ConnectError(`no book "${isbn}"`, Code.NotFound);
    return isbn;
  };
  return {
    search({ title: part }) {
      const books = Array.from(titles, ([isbn, title]) => ({ isbn, title }));
      return { books: books.filter(({ title }) => title.includes(part)) };
    },
    whoAmI(_, { values }) {
      const { principal } = callOf(values);
      return principal ? { id: principal.id, role: roleName(principal.role) } : {};
    },
    async *watchLoans(_, { signal }) {
      for await (const [isbn] of on(loans, "loan", { signal })) yield { isbn: String(isbn) };
    },
    lend({ isbn, borrower }) {
      borrowers.set(known(isbn), borrower);
      loans.emit("loan", isbn);
      return {};
    },
    giveBack({ isbn }) {
      borrowers.delete(known(isbn));
      return {};
    },
    async *scan(scans) {
      for await (const { isbn } of scans) yield { title: titles.get(isbn) ?? "" };
    },
    async import(books) {
      let count = 0;
      for await (const { book } of books) {
        if (book === undefined) continue;
        titles.set(book.isbn, book.title);
        count += 1;
      }
      return { count };
    },
    discard({ isbn }) {
      titles.delete(known(isbn));
      borrowers.delete(isbn);
      return {};
    },
    async *listBorrowers() {
      for (const [isbn, borrower] of borrowers) yield { isbn, borrower };
    },
  };
}
