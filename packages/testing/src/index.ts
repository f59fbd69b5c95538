/**
 * Virtual time, scripted channels and conformance kits for hosts and plug-in authors.
 *
 * @packageDocumentation
 */
export { type Duration, type LogLine, type VirtualTime, virtualTime } from "./virtual-time.ts";
