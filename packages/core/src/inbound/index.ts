/** Mail that comes in about messages that went out. */
export type { IgnoredReason, ReceivedMail, ReceiveOptions } from "./received.ts";
export { MailReceiver } from "./receiver.ts";
