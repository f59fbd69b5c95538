// node scripts/test-summary.mjs REPORT EXIT_CODE
// Prints the counts of vitest's JSON report on one line: `N passed, N failed`. A test file that could not be loaded counts as one
// failed test, and so do a run that failed outside any test and a missing report: an absent result is not a good one.
import { readFileSync } from "node:fs";

function counts(file, exitCode) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, "utf8"));
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
    );
    const failures = numFailedTests + broken.length;
    return { passed: numPassedTests, failed: exitCode === "0" ? failures : Math.max(failures, 1) };
  } catch (error) {
    console.error(`There is no readable report of the tests at ${file}: ${error.message}`);
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = counts(process.argv[2], process.argv[3]);
console.log(`${passed} passed, ${failed} failed`);
