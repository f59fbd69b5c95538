/**
 * E-mail for campaignkit: content in HTML, MJML or text with Liquid merge fields, sent over SMTP.
 *
 * @packageDocumentation
 */
export type { EmailConfigInput } from "./content/config.ts";
export type { EmailContentInput, EmailTextsInput, LocaleTexts } from "./content/content.ts";
export type { MailboxInput } from "./content/fields.ts";
export type { BytesInput } from "./content/files.ts";
export { COMPILE_CHANNEL, type CompileStep } from "./diagnostics.ts";
export type { DkimKey } from "./dkim.ts";
export { type EmailOptions, email } from "./email.ts";
export type { Fallbacks, MissingFieldPolicy } from "./liquid/merge.ts";
export type { FooterWords } from "./liquid/tags.ts";
export type { EmailFile, EmailMessage, InlineImage, Mailbox } from "./message.ts";
export type { SmtpOptions, SmtpTls } from "./smtp/options.ts";
export { smtp } from "./smtp/smtp.ts";
export type { EmailTransport, TransportContext } from "./transport.ts";
export type { UtmInput } from "./utm.ts";
