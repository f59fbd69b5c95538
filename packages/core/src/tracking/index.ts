/** Tracked links: signed tokens, the URLs of a message, and the handler that they reach. */
export type { TrackedDelivery, TrackingDirectory } from "./directory.ts";
export { TrackingHandler } from "./handler.ts";
export { type RegisteredLink, registerLinks } from "./links.ts";
export { TrackingRecorder } from "./recorder.ts";
export { readClickToken } from "./token.ts";
export { messageUrls } from "./urls.ts";
