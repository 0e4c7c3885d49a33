import { expect, test } from "@jest/globals";
import { simulationSize } from "../../src/settings/simulation.ts";
import { problems, ready } from "./reading.ts";

test.each([
  ["2 partitions, 40 machines", { partitions: 2, machines: 40 }],
  ["1 partition, 1 machine", { partitions: 1, machines: 1 }],
  ["3 partitions,9 machines", { partitions: 3, machines: 9 }],
])("%j is a size", (text, value) => {
  expect(simulationSize(text)).toEqual({ value });
});

test.each([
  "",
  "40",
  "0 partitions, 4 machines",
  "51 partitions, 60 machines",
  "1 partitions, 0 machines",
])("%j is none", (text) => {
  expect(simulationSize(text)).toHaveProperty("reason");
});

test("nothing is simulated unless asked for", () => {
  expect(ready({}).config.simulate).toBeUndefined();
});

test("what simulated components cannot do is said before anything starts", () => {
  const argv = ["--simulate", "1 partition, 1 machine", "--tls-cert-file", "missing"];
  expect(problems({ argv }).join()).toContain("the simulated components do not speak TLS");
});
