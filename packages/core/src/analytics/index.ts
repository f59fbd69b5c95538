/** Events and what they add up to. */
export type { ClickFacts, EventDirectory, PostFacts } from "./directory.ts";
export { EVENT_TYPES, type EventType, type NewEvent } from "./event.ts";
export type { TrackedEvent } from "./event-schema.ts";
export {
  type EventRefusal,
  EventsService,
  type TrackManyOptions,
  type TrackReport,
  type TrackResult,
} from "./events-service.ts";
export { recordEvents } from "./record.ts";
