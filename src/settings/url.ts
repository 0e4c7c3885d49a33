// Addresses of servers as settings give them.
import { type Check, quoted } from "./check.ts";

const remedy = "write it as in https://server.example:8080";

/** "https://server.example:8080/path": without account, query and fragment, and without a slash at its end. */
export const webUrl: Check<string> = (given) => {
  const url = typeof given === "string" ? URL.parse(given) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol))
    return { reason: `${quoted(given)} is no URL of a server`, remedy };
  if (url.username !== "" || url.password !== "")
    return { reason: "names an account, which is never shown to others", remedy };
  if (url.search !== "" || url.hash !== "")
    return { reason: `${quoted(given)} has more than an address`, remedy };
  return { value: url.href.replace(/\/+$/, "") };
};
