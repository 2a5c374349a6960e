/** Exotel's own SIP domain: `<account_sid>.voip.exotel.com` is accepted beside ours, so that foreign settings work. */
const exotelDomain = 'voip.exotel.com';

/**
 * The account that a SIP domain stands for: `<account_sid>.<domain>` for one of ours, or Exotel's spelling of it.
 * Host names are compared in lower case, and the account comes out in lower case. Undefined for any other host.
 */
export function accountSidOf(host: string, domains: readonly string[]): string | undefined {
  const name = host.toLowerCase();
  for (const domain of [...domains, exotelDomain]) {
    const suffix = `.${domain.toLowerCase()}`;
    if (!name.endsWith(suffix)) continue;
    const account = name.slice(0, -suffix.length);
    if (/^[a-z0-9_-]{1,64}$/.test(account)) return account;
  }
  return undefined;
}
