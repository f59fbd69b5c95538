/**
 * Virtual time, scripted channels and conformance kits for hosts and plug-in authors.
 *
 * @packageDocumentation
 */
export { channelConformance } from "./channel/conformance/conformance.ts";
export type {
  ChannelFault,
  ChannelSubject,
  InvalidSample,
  OpenChannel,
} from "./channel/conformance/subject.ts";
export type {
  Acceptance,
  LookupStep,
  ScriptedConfig,
  ScriptedContent,
  ScriptedMessage,
  SendAttempt,
  SendScript,
  SendStep,
} from "./channel/script.ts";
export {
  type ScriptedChannel,
  type ScriptedChannelOptions,
  scriptedChannel,
} from "./channel/scripted-channel.ts";
export { type ConformanceCase, registerCases, type TestFunction } from "./storage/case.ts";
export { storageConformance } from "./storage/conformance.ts";
export type { OpenStorage, StorageSubject } from "./storage/subject.ts";
export type { Duration } from "./time/duration.ts";
export { type LogLine, type VirtualTime, type VirtualTimeOptions, virtualTime } from "./time/virtual-time.ts";
