/** In-process events, told after commit. A handler that throws harms nobody: not the engine, not the other handlers. */
import mitt, { type Emitter } from "mitt";
import type { Logger } from "../ports/runtime.ts";
import type { ActivityType, EngineEvent } from "./activity/types.ts";

/** What listens to one type of event. A returned promise is not awaited; its rejection is logged. */
export type EventHandler<Type extends ActivityType> = (event: EngineEvent<Type>) => unknown;

/** What listens to every event. */
export type AnyEventHandler = (event: EngineEvent) => unknown;

type Events = { [Type in ActivityType]: EngineEvent<Type> };

/** Carries events from commits to handlers. */
export class EventBus {
  // mitt's types have no default export under nodenext; its module is the function itself.
  readonly #emitter: Emitter<Events> = (mitt as unknown as typeof mitt.default)<Events>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Calls the handler for each event of that type from now on; the returned function stops it. */
  on<Type extends ActivityType>(type: Type, handler: EventHandler<Type>): () => void {
    const guarded = (event: Events[Type]): void => this.#guard(type, () => handler(event));
    this.#emitter.on(type, guarded);
    return () => this.#emitter.off(type, guarded);
  }

  /** Calls the handler for every event from now on; the returned function stops it. */
  onAny(handler: AnyEventHandler): () => void {
    const guarded = (type: ActivityType, event: EngineEvent): void => this.#guard(type, () => handler(event));
    this.#emitter.on("*", guarded);
    return () => this.#emitter.off("*", guarded);
  }

  /** Tells the event to every handler. Never throws. */
  emit(event: EngineEvent): void {
    // The event carries its own type; the compiler can't see that the two belong together.
    this.#emitter.emit(event.type, event as never);
  }

  #guard(type: ActivityType, handle: () => unknown): void {
    const failed = (error: unknown): void =>
      this.#logger.error("An event handler failed.", { event: type, error: String(error) });
    try {
      const result = handle();
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
