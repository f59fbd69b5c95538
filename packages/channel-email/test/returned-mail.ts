/**
 * Mail as servers send it back, written after their public formats: RFC 3464 as Postfix, Exchange, Gmail, Exim, Sendmail and Amazon SES fill it in,
 * qmail's own format (QSBMF), Exim's before it knew reports, feedback reports (RFC 5965), and what people's mailboxes answer by themselves.
 */

/** What came back, and to whom. */
export interface ReturnedMessage {
  /** Where the report goes: the envelope sender of the message. */
  readonly to: string;
  /** Whom the message was written to. */
  readonly recipient: string;
  /** The message as it was sent, headers first. */
  readonly original: string;
}

/** The message of a test without an engine. */
export const PLAIN: ReturnedMessage = {
  to: "bounces@bounce.shop.example",
  recipient: "ann@example.com",
  original: [
    "Return-Path: <bounces@bounce.shop.example>",
    "From: The Shop <hello@shop.example>",
    "To: Ann Lee <ann@example.com>",
    "Subject: Spring is here",
    "Message-ID: <6f1c@shop.example>",
    "List-Unsubscribe: <https://shop.example/t/u/AbC>, <mailto:leave@bounce.shop.example?subject=unsubscribe>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "Come and see.",
    "",
  ].join("\r\n"),
};

const lines = (...all: readonly string[]): string => all.join("\r\n");

/** The headers of the message alone. */
const headersOf = (original: string): string => original.slice(0, original.indexOf("\r\n\r\n") + 2);

/** A multipart/report of the given parts. */
function report(
  headers: readonly string[],
  type: string,
  parts: readonly (readonly [headers: readonly string[], body: string])[],
): string {
  const boundary = "=_report/0f3a";
  return lines(
    ...headers,
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=${type};`,
    `\tboundary="${boundary}"`,
    "",
    "This is a MIME-encapsulated message.",
    "",
    ...parts.flatMap(([own, body]) => [`--${boundary}`, ...own, "", body, ""]),
    `--${boundary}--`,
    "",
  );
}

/** What a server says about the recipient. */
export interface StatusWords {
  readonly action: string;
  readonly status: string;
  readonly diagnostic: string;
}

const UNKNOWN_USER: StatusWords = {
  action: "failed",
  status: "5.1.1",
  diagnostic:
    "550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
};

/** Postfix, bounce(8). */
export function postfixReport(message: ReturnedMessage, words: StatusWords = UNKNOWN_USER): string {
  const { to, recipient, original } = message;
  return report(
    [
      "Return-Path: <>",
      "Date: Mon,  1 Mar 2027 09:00:04 +0100 (CET)",
      "From: MAILER-DAEMON@mx.relay.example (Mail Delivery System)",
      "Subject: Undelivered Mail Returned to Sender",
      `To: ${to}`,
      "Auto-Submitted: auto-replied",
      "Message-ID: <20270301080004.5F2A21C0043@mx.relay.example>",
    ],
    "delivery-status",
    [
      [
        ["Content-Description: Notification", "Content-Type: text/plain; charset=us-ascii"],
        lines(
          "This is the mail system at host mx.relay.example.",
          "",
          "I'm sorry to have to inform you that your message could not",
          "be delivered to one or more recipients. It's attached below.",
          "",
          `<${recipient}>: host mx.example.com[192.0.2.25] said: ${words.diagnostic}`,
          "    (in reply to RCPT TO command)",
        ),
      ],
      [
        ["Content-Description: Delivery report", "Content-Type: message/delivery-status"],
        lines(
          "Reporting-MTA: dns; mx.relay.example",
          "X-Postfix-Queue-ID: 4C1D21C0042",
          `X-Postfix-Sender: rfc822; ${to}`,
          "Arrival-Date: Mon,  1 Mar 2027 09:00:01 +0100 (CET)",
          "",
          `Final-Recipient: rfc822; ${recipient}`,
          `Original-Recipient: rfc822;${recipient}`,
          `Action: ${words.action}`,
          `Status: ${words.status}`,
          "Remote-MTA: dns; mx.example.com",
          `Diagnostic-Code: smtp; ${words.diagnostic}`,
        ),
      ],
      [["Content-Description: Undelivered Message", "Content-Type: message/rfc822"], original],
    ],
  );
}

/** Exchange Online. */
export function exchangeReport({ to, recipient, original }: ReturnedMessage): string {
  return report(
    [
      "From: Microsoft Outlook",
      " <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@people.example>",
      `To: <${to}>`,
      "Date: Mon, 1 Mar 2027 08:00:03 +0000",
      "Message-ID: <8a1c7d4e-0001@AM0PR01MB1234.eurprd01.prod.exchangelabs.com>",
      "In-Reply-To: <6f1c@shop.example>",
      "Subject: Undeliverable: Spring is here",
      "Auto-Submitted: auto-replied",
      "X-MS-Exchange-Message-Is-Ndr:",
    ],
    "delivery-status",
    [
      [
        ['Content-Type: multipart/alternative; differences=Content-Type; boundary="inner-1"'],
        lines(
          "--inner-1",
          'Content-Type: text/plain; charset="us-ascii"',
          "",
          `Your message to ${recipient} couldn't be delivered.`,
          "--inner-1",
          'Content-Type: text/html; charset="us-ascii"',
          "Content-Transfer-Encoding: quoted-printable",
          "",
          "<html><body>Your message couldn't be delivered.</body></html>",
          "--inner-1--",
        ),
      ],
      [
        ["Content-Type: message/delivery-status"],
        lines(
          "Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.com",
          "Received-From-MTA: dns;mail.shop.example",
          "Arrival-Date: Mon, 1 Mar 2027 08:00:02 +0000",
          "",
          `Final-Recipient: rfc822;${recipient}`,
          "Action: failed",
          "Status: 5.1.10",
          "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient",
          " not found by SMTP address lookup",
          "X-Display-Name: ann",
        ),
      ],
      [["Content-Type: message/rfc822"], original],
    ],
  );
}

/** Gmail, for a mailbox elsewhere that is full. */
export function gmailReport({ to, recipient, original }: ReturnedMessage): string {
  return report(
    [
      "Return-Path: <>",
      "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
      `To: ${to}`,
      "Auto-Submitted: auto-replied",
      "Subject: Delivery Status Notification (Failure)",
      "References: <6f1c@shop.example>",
      "In-Reply-To: <6f1c@shop.example>",
      `X-Failed-Recipients: ${recipient}`,
      "Message-ID: <65e1a2b4.050a0220.1@mx.google.com>",
      "Date: Mon, 01 Mar 2027 00:00:04 -0800 (PST)",
    ],
    "delivery-status",
    [
      [
        ['Content-Type: multipart/related; boundary="inner-2"'],
        lines(
          "--inner-2",
          'Content-Type: multipart/alternative; boundary="inner-3"',
          "",
          "--inner-3",
          'Content-Type: text/plain; charset="UTF-8"',
          "",
          "** Message not delivered **",
          "",
          `Your message couldn't be delivered to ${recipient} because their inbox is full.`,
          "--inner-3--",
          "--inner-2--",
        ),
      ],
      [
        ["Content-Type: message/delivery-status"],
        lines(
          "Reporting-MTA: dns; googlemail.com",
          "Received-From-MTA: dns; hello@shop.example",
          "Arrival-Date: Mon, 01 Mar 2027 00:00:03 -0800 (PST)",
          "X-Original-Message-ID: <6f1c@shop.example>",
          "",
          `Final-Recipient: rfc822; ${recipient}`,
          "Action: failed",
          "Status: 5.2.2",
          "Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.26, the server for the",
          " domain example.com.)",
          "Diagnostic-Code: smtp; 552-5.2.2 The email account that you tried to reach is over quota.",
          " 552 5.2.2 Please direct the recipient to https://support.example/quota",
          "Last-Attempt-Date: Mon, 01 Mar 2027 00:00:04 -0800 (PST)",
        ),
      ],
      [["Content-Type: message/rfc822"], original],
    ],
  );
}

/** Exim 4.88 and later: the status is always 5.0.0, the words know more. */
export function eximReport({ to, recipient, original }: ReturnedMessage): string {
  return report(
    [
      "From: Mail Delivery System <Mailer-Daemon@relay.example>",
      `To: ${to}`,
      "Auto-Submitted: auto-replied",
      `X-Failed-Recipients: ${recipient}`,
      "References: <6f1c@shop.example>",
      "Subject: Mail delivery failed: returning message to sender",
      "Message-Id: <E1rfZkA-0004Xy-2v@relay.example>",
    ],
    "delivery-status",
    [
      [
        ["Content-type: text/plain; charset=us-ascii"],
        lines(
          "This message was created automatically by mail delivery software.",
          "",
          "A message that you sent could not be delivered to one or more of its",
          "recipients. This is a permanent error. The following address(es) failed:",
          "",
          `  ${recipient}`,
          "    host mx.example.com [192.0.2.25]",
          "    SMTP error from remote mail server after RCPT TO:",
          "    550 5.1.1 No such user here",
        ),
      ],
      [
        ["Content-type: message/delivery-status"],
        lines(
          "Reporting-MTA: dns; relay.example",
          "",
          "Action: failed",
          `Final-Recipient: rfc822;${recipient}`,
          "Status: 5.0.0",
          "Remote-MTA: dns; mx.example.com",
          "Diagnostic-Code: smtp; 550 5.1.1 No such user here",
        ),
      ],
      [["Content-type: text/rfc822-headers"], headersOf(original)],
    ],
  );
}

/** Amazon SES, which forwards bounces to the envelope sender. */
export function sesReport({ to, recipient, original }: ReturnedMessage): string {
  return report(
    [
      "From: MAILER-DAEMON@eu-west-1.amazonses.com",
      `To: ${to}`,
      "Subject: Delivery Status Notification (Failure)",
      "Message-ID: <0102018e-0000@eu-west-1.amazonses.com>",
      "Date: Mon, 1 Mar 2027 08:00:02 +0000",
    ],
    "delivery-status",
    [
      [
        ["Content-Type: text/plain; charset=us-ascii", "Content-Description: Notification"],
        lines("An error occurred while trying to deliver the mail to the following recipients:", recipient),
      ],
      [
        ["Content-Type: message/delivery-status", "Content-Description: Delivery Status Notification"],
        lines(
          "Reporting-MTA: dns; a7-11.smtp-out.eu-west-1.amazonses.com",
          "",
          "Action: failed",
          `Final-Recipient: rfc822; ${recipient}`,
          "Diagnostic-Code: smtp; 554 delivery error: dd This user doesn't have an example.com account",
          " (ann@example.com) [0] - mta1.mail.example.com",
          "Status: 5.0.0",
        ),
      ],
      [["Content-Type: message/rfc822", "Content-Description: Undelivered Message"], original],
    ],
  );
}

/** Sendmail, for mail that the far side does not want. */
export function sendmailReport({ to, recipient, original }: ReturnedMessage): string {
  return report(
    [
      "From: Mail Delivery Subsystem <MAILER-DAEMON@relay.example>",
      `To: <${to}>`,
      "Subject: Returned mail: see transcript for details",
      "Auto-Submitted: auto-generated (failure)",
      "Message-Id: <202703010800.2218abcd000123@relay.example>",
    ],
    "delivery-status",
    [
      [
        [],
        lines(
          "   ----- The following addresses had permanent fatal errors -----",
          `<${recipient}>`,
          "    (reason: 554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org)",
        ),
      ],
      [
        ["Content-Type: message/delivery-status"],
        lines(
          "Reporting-MTA: dns; relay.example",
          "Received-From-MTA: DNS; mail.shop.example",
          "Arrival-Date: Mon, 1 Mar 2027 08:00:00 GMT",
          "",
          `Final-Recipient: RFC822; ${recipient}`,
          "Action: failed",
          "Status: 5.7.1",
          "Remote-MTA: DNS; mx.example.com",
          "Diagnostic-Code: SMTP; 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
          "Last-Attempt-Date: Mon, 1 Mar 2027 08:00:01 GMT",
        ),
      ],
      [["Content-Type: text/rfc822-headers"], headersOf(original)],
    ],
  );
}

/** qmail: words, and the message below them (QSBMF). */
export function qmailBounce({ to, recipient, original }: ReturnedMessage): string {
  return lines(
    "Return-Path: <>",
    "Date: 1 Mar 2027 08:00:05 -0000",
    "From: MAILER-DAEMON@relay.example",
    `To: ${to}`,
    "Subject: failure notice",
    "",
    "Hi. This is the qmail-send program at relay.example.",
    "I'm afraid I wasn't able to deliver your message to the following addresses.",
    "This is a permanent error; I've given up. Sorry it didn't work out.",
    "",
    `<${recipient}>:`,
    "Sorry, no mailbox here by that name. (#5.1.1)",
    "",
    "--- Below this line is a copy of the message.",
    "",
    original,
  );
}

/** Exim before 4.88: no report. */
export function oldEximBounce({ to, recipient, original }: ReturnedMessage): string {
  return lines(
    `X-Failed-Recipients: ${recipient}`,
    "Auto-Submitted: auto-replied",
    "From: Mail Delivery System <Mailer-Daemon@relay.example>",
    `To: ${to}`,
    "Subject: Mail delivery failed: returning message to sender",
    "Message-Id: <E1abcde-0001Ab-3c@relay.example>",
    "",
    "This message was created automatically by mail delivery software.",
    "",
    "A message that you sent could not be delivered to one or more of its",
    "recipients. This is a permanent error. The following address(es) failed:",
    "",
    `  ${recipient}`,
    "    Unrouteable address",
    "",
    "------ This is a copy of the message, including all the headers. ------",
    "",
    original,
  );
}

/** A feedback report (RFC 5965), with the fields that large mailbox providers fill in. */
export function feedbackReport({ to, recipient, original }: ReturnedMessage, type = "abuse"): string {
  return report(
    [
      "From: <feedback@arf.mailbox.example>",
      "To: <fbl@shop.example>",
      "Subject: FW: Spring is here",
      "Date: Tue, 2 Mar 2027 08:00:00 +0000",
      "Message-ID: <433689.81121.example@mta.mailbox.example>",
    ],
    "feedback-report",
    [
      [
        ['Content-Type: text/plain; charset="US-ASCII"'],
        lines("This is an email abuse report for an email message received from IP 192.0.2.1."),
      ],
      [
        ["Content-Type: message/feedback-report"],
        lines(
          `Feedback-Type: ${type}`,
          "User-Agent: SomeGenerator/1.0",
          "Version: 1",
          `Original-Mail-From: <${to}>`,
          `Original-Rcpt-To: <${recipient}>`,
          "Arrival-Date: Mon, 1 Mar 2027 08:00:00 +0000",
          "Reported-Domain: shop.example",
          "Source-IP: 192.0.2.1",
        ),
      ],
      [["Content-Type: message/rfc822", "Content-Disposition: inline"], original],
    ],
  );
}

/** An out-of-office note (RFC 3834), as it comes to the envelope sender. */
export function outOfOffice({ to, recipient }: ReturnedMessage): string {
  return lines(
    `From: Ann Lee <${recipient}>`,
    `To: ${to}`,
    "Subject: Automatic reply: Spring is here",
    "In-Reply-To: <6f1c@shop.example>",
    "Auto-Submitted: auto-replied (vacation)",
    "X-Auto-Response-Suppress: All",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "I am away until 8 March. Mail to me can't be delivered to my phone. 550 5.1.1",
    "",
  );
}

/** What a mailbox sends when its owner presses "unsubscribe" and there is an address for it. */
export function unsubscribeMail(to: string, from: string): string {
  return lines(
    `From: ${from}`,
    `To: ${to}`,
    "Subject: unsubscribe",
    "Auto-Submitted: auto-generated",
    "Message-ID: <CAJ+unsub@mail.example>",
    "",
    "This message was automatically generated by your mailbox.",
    "",
  );
}
