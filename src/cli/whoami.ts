// `metal whoami`: who the server takes the caller for.
import { create } from "@bufbuild/protobuf";
import {
  AccessService,
  type AccessServiceWhoAmIResponse,
  AccessServiceWhoAmIRequestSchema,
  AccessServiceWhoAmIResponseSchema,
} from "../../gen/metal/v1/access_pb.ts";
import { encode } from "./document/encode.ts";
import { text } from "./cell.ts";
import { printOne } from "./output.ts";
import type { Session } from "./session.ts";
import { tableLines } from "./table.ts";

/** Prints the caller, what it is known by and its role, as the server sees them. */
export async function whoAmI({ api, io, style }: Session): Promise<void> {
  const request = create(AccessServiceWhoAmIRequestSchema);
  const call = { method: AccessService.method.whoAmI, request, subject: "whoami" };
  const answer = (await api.unary(call)) as AccessServiceWhoAmIResponse;
  const wanted = style("table");
  if (wanted.format === "json" || wanted.format === "yaml")
    return io.stdout(printOne(AccessServiceWhoAmIResponseSchema, answer, wanted));
  const facts = Object.entries(encode(AccessServiceWhoAmIResponseSchema, answer));
  const rows = facts.map(([name, value]) => [title(name), text(value, {}, wanted.now)]);
  io.stdout(
    tableLines(rows)
      .map((line) => `${line}\n`)
      .join(""),
  );
}

function title(name: string): string {
  return name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}
