/** Gives fast-check the seed of this run. A test that passes its own `seed` keeps it. */
import fc from "fast-check";
import { inject } from "vitest";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject("propertySeed") });
