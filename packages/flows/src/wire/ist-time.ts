// Times as Exotel writes them to Indian accounts: India Standard Time, UTC+5:30, without a designator and without summer time.

const offsetMs = 5.5 * 3_600_000;
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `YYYY-MM-DD HH:mm:ss` */
export function istTime(at: Date): string {
  return new Date(at.getTime() + offsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** `Thu, 01 Jan 2026 09:30:00` */
export function istLongTime(at: Date): string {
  const ist = new Date(at.getTime() + offsetMs);
  const day = String(ist.getUTCDate()).padStart(2, '0');
  const date = `${days[ist.getUTCDay()]}, ${day} ${months[ist.getUTCMonth()]} ${ist.getUTCFullYear()}`;
  return `${date} ${ist.toISOString().slice(11, 19)}`;
}

/** What `EndTime` is while a call runs: the epoch, in IST. */
export const istEpoch = '1970-01-01 05:30:00';
