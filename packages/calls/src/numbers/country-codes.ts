// Country calling codes, ITU-T E.164 list of assigned codes. Only the prefix is known here: enough to tell which
// country a number belongs to for the dialling rule, not whether the number exists.

/** Codes without further division. Two or three digits; `1` and `7` are handled below. */
const plainCodes =
  '20 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 ' +
  '243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 27 290 291 ' +
  '297 298 299 30 31 32 33 34 350 351 352 353 354 355 356 357 358 359 36 370 371 372 373 374 375 376 377 378 380 381 ' +
  '382 383 385 386 387 389 39 40 41 420 421 423 43 44 45 46 47 48 49 500 501 502 503 504 505 506 507 508 509 51 52 53 ' +
  '54 55 56 57 58 590 591 592 593 594 595 596 597 598 599 60 61 62 63 64 65 66 670 672 673 674 675 676 677 678 679 680 ' +
  '681 682 683 685 686 687 688 689 690 691 692 81 82 84 850 852 853 855 856 86 880 886 90 91 92 93 94 95 960 961 962 ' +
  '963 964 965 966 967 968 970 971 972 973 974 975 976 977 98 992 993 994 995 996 998';

/** Members of the North American plan that bill as foreign countries: each counts as a country of its own. */
const northAmericanIslands =
  '1242 1246 1264 1268 1284 1340 1345 1441 1473 1649 1658 1664 1670 1671 1684 1721 1758 1767 1784 1787 1809 1829 1849 ' +
  '1868 1869 1876 1939';

/** Kazakhstan shares +7 with Russia. */
const sharedSeven = '76 77';

const codes = new Set(`${plainCodes} ${northAmericanIslands} ${sharedSeven} 1 7`.split(' '));
const longestCode = 4;

/** The calling code of a `+E.164` number, longest match; undefined when no country has it. */
export function countryCodeOf(e164: string): string | undefined {
  const digits = e164.replace(/^\+/, '');
  for (let length = Math.min(longestCode, digits.length); length > 0; length--) {
    const code = digits.slice(0, length);
    if (codes.has(code)) return code;
  }
  return undefined;
}

/** Calling codes of countries that a carrier may be set to (ISO 3166 alpha-2), for national numbers. */
const callingCodeByCountry: Readonly<Record<string, string>> = {
  IN: '91',
  US: '1',
  CA: '1',
  GB: '44',
  AE: '971',
  SA: '966',
  SG: '65',
  ID: '62',
  MY: '60',
  PH: '63',
  AU: '61',
  DE: '49',
  FR: '33',
  NL: '31',
  ES: '34',
  IT: '39',
  ZA: '27',
  KE: '254',
  NG: '234',
  BD: '880',
  LK: '94',
  NP: '977',
  PK: '92',
  JP: '81',
  BR: '55',
  MX: '52',
};

export function callingCodeOfCountry(country: string): string | undefined {
  return callingCodeByCountry[country.toUpperCase()];
}
