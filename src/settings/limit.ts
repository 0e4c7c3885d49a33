// Checks of limits: rates, and the networks of proxies.
import { type Network, parseNetwork } from "../http/proxy.ts";
import { type Check, quoted, wholeNumber } from "./check.ts";

const perSecondMost = 1_000_000;

/** So many per second, and `burstSeconds` times that at once; undefined for "off". */
export const rate = (
  burstSeconds: number,
): Check<{ readonly perSecond: number; readonly burst: number } | undefined> => {
  const number = wholeNumber(1, perSecondMost, "calls per second");
  return (given) => {
    if (given === "off") return { value: undefined };
    const checked = number(given);
    if (!("value" in checked)) return { ...checked, remedy: `${checked.remedy}, or off` };
    return { value: { perSecond: checked.value, burst: checked.value * burstSeconds } };
  };
};

const everybody = {
  reason: "trusts everybody",
  remedy: "name the addresses of your proxies",
};

/** "10.0.0.0/8,fd00::1" */
export const networks: Check<readonly Network[]> = (given) => {
  const texts = String(given)
    .split(",")
    .map((text) => text.trim());
  const value = texts.map(parseNetwork).filter((network) => network !== undefined);
  if (value.some(({ prefix }) => prefix === 0)) return everybody;
  if (value.length === texts.length) return { value };
  const remedy = "write addresses or networks with commas between them, as in 10.0.0.0/8,fd00::1";
  return { reason: `${quoted(given)} is no list of networks`, remedy };
};
