// The order of test files that nobody has measured yet: those that run processes take longest, and a long one that is
// begun last keeps one core busy while the others have nothing left to do.
import Sequencer from "@jest/test-sequencer";

const long = /\/test\/(faults|e2e|whole)\//;

export default class extends Sequencer {
  sort(tests) {
    const of = (isLong) => tests.filter(({ path }) => long.test(path) === isLong);
    return [...super.sort(of(true)), ...super.sort(of(false))];
  }
}
