/**
 * Drivers that break one promise each. The kit must reject every one of them, in each of the cases named; a case that no wrong driver could
 * fail would prove nothing.
 */
import { WRONG_ABOUT_FAILURES } from "./wrong/failures.ts";
import { WRONG_TO_THE_HOST } from "./wrong/surroundings.ts";
import { WRONG_ABOUT_TRANSACTIONS } from "./wrong/transactions.ts";
import { WRONG_ABOUT_VALUES } from "./wrong/values.ts";
import type { WrongDriver } from "./wrong/wrong-driver.ts";

export const WRONG_DRIVERS: readonly WrongDriver[] = [
  ...WRONG_ABOUT_VALUES,
  ...WRONG_ABOUT_TRANSACTIONS,
  ...WRONG_ABOUT_FAILURES,
  ...WRONG_TO_THE_HOST,
];
