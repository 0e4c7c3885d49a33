// Machines for tests: ids, hardware, and the data centre that they stand in.

/** The UUID of the nth machine. */
export const machineId = (n: number): string =>
  `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;
