export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** When a bot takes calls. Of a window that ends before it begins, the end is on the next day. */
export interface ActiveHours {
  /** IANA name: `Asia/Kolkata`. */
  timeZone: string;
  windows: ReadonlyArray<{ days: readonly Weekday[]; from: string; to: string }>;
}

const minutesOfDay = 24 * 60;

/** Whether an instant (milliseconds since the epoch) lies in one of the windows. */
export function isActive(hours: ActiveHours | undefined, nowMs: number): boolean {
  if (hours === undefined) return true;
  const { day, minute } = localTime(hours.timeZone, nowMs);
  const before = weekdays[(weekdays.indexOf(day) + 6) % 7] as Weekday;
  return hours.windows.some(({ days, from, to }) => {
    const [start, end] = [minuteOf(from), minuteOf(to)];
    if (start < end) return days.includes(day) && minute >= start && minute < end;
    return (days.includes(day) && minute >= start) || (days.includes(before) && minute < end);
  });
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(timeZone: string, nowMs: number): { day: Weekday; minute: number } {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const day = (parts.weekday ?? 'mon').toLowerCase().slice(0, 3) as Weekday;
  return { day, minute: (Number(parts.hour) * 60 + Number(parts.minute)) % minutesOfDay };
}

/** `09:30`; `24:00` is the end of the day. */
function minuteOf(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return hour * 60 + minute;
}
