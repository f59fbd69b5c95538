/** Tracked links: signed tokens, the URLs of a message, and the handler that they reach. */
export { destinationOf } from "./destination.ts";
export type { TrackedDelivery, TrackingDirectory } from "./directory.ts";
export { type TrackedFrom, TrackingHandler } from "./handler.ts";
export { countLinks, type RegisteredLink, registerLinks } from "./links.ts";
export type { PageBrand } from "./pages/brand.ts";
export type { PageMessages } from "./pages/messages.ts";
export { type PageOptions, pageSettings } from "./pages/settings.ts";
export { TrackingRecorder } from "./recorder.ts";
export { type ReturnToken, returnTokens, returnTokensIn } from "./return-token.ts";
export { readClickToken, readUnsubscribeLink, signConfirmation } from "./token.ts";
export { messageUrls } from "./urls.ts";
