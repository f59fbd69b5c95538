/** Keeps a password out of what a server says back: some quote the login they refuse. */

/** Makes a function that blanks the password out of a text, also in the encodings of AUTH. */
export function redactor(user: string | undefined, pass: string | undefined): (text: string) => string {
  if (pass === undefined || pass === "") return (text) => text;
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const secrets = [pass, encodeURIComponent(pass), base64(pass), base64(`\0${user ?? ""}\0${pass}`)].sort(
    (left, right) => right.length - left.length,
  );
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}
