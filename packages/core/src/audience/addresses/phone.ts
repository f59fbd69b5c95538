/** Phone numbers, as E.164. */
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/min";

/** What reading came to. */
export type PhoneReading =
  | { readonly outcome: "read"; readonly phone: string }
  | { readonly outcome: "refused"; readonly reason: string };

/** Whether national numbers of that country can be read. */
export function isPhoneCountry(country: string): country is CountryCode {
  return isSupportedCountry(country);
}

/** Reads a number: international with `+`, or national when a country is given. Never throws. */
export function readPhone(text: string, defaultCountry?: string): PhoneReading {
  const country = defaultCountry !== undefined && isPhoneCountry(defaultCountry) ? defaultCountry : undefined;
  const number = parsePhoneNumberFromString(text, {
    ...(country === undefined ? {} : { defaultCountry: country }),
    extract: false,
  });
  if (number?.isValid() && number.ext === undefined) return { outcome: "read", phone: number.number };
  const hint = country === undefined ? ", starting with + and the country code" : "";
  return { outcome: "refused", reason: `This is no phone number that exists${hint}.` };
}
